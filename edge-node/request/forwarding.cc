#include "edge-node/request/forwarding.h"

#include <algorithm>
#include <iterator>

#include "edge-node/http/token.h"

namespace meridian::edge {
namespace {

void append_to(http::Fields& fields, std::string_view name, std::string_view value) {
  if (!fields.has(name)) return fields.add(name, value);
  auto list = fields.combined(name);
  if (!list.empty()) list += ", ";
  fields.set(name, list.append(value));
}

void set_where_missing(http::Fields& fields, std::string_view name, std::string_view value) {
  if (!fields.has(name)) fields.add(name, value);
}

/// Where a request came from, beside `X-Forwarded-*`, as proxies, other networks of edges and
/// frameworks call it.
constexpr std::string_view kOfVisitor[] = {"x-host",           "x-http-host-override",
                                           "x-original-host",  "x-original-for",
                                           "x-original-proto", "x-real-ip",
                                           "x-client-ip",      "x-cluster-client-ip",
                                           "x-scheme",         "x-url-scheme",
                                           "client-ip",        "true-client-ip",
                                           "fastly-client-ip", "fastly-ssl",
                                           "cf-connecting-ip", "cf-connecting-ipv6",
                                           "cf-visitor",       "front-end-https"};
constexpr std::string_view kOfUrl[] = {"x-original-url", "x-original-uri", "x-original-path",
                                       "x-rewrite-url",  "x-rewrite-uri",  "x-override-url"};
constexpr std::string_view kOfMethod[] = {"x-http-method-override", "x-http-method",
                                          "x-method-override"};

template <std::size_t N>
bool is_one_of(std::string_view name, const std::string_view (&fields)[N]) {
  return std::any_of(std::begin(fields), std::end(fields),
                     [&](std::string_view field) { return is_twin(name, field); });
}

/// Few fields of most requests begin as one that misleads.
bool may_mislead(std::string_view name) {
  if (name.size() < 6) return false;
  const char first = http::lower(name[0]);
  if (first == 'x') return name[1] == '-' || name[1] == '_';
  return first == 'c' || first == 'f' || first == 't';
}

}  // namespace

bool is_twin(std::string_view name, std::string_view field) {
  if (name.size() != field.size()) return false;
  for (std::size_t i = 0; i < name.size(); ++i)
    if (http::lower(name[i] == '_' ? '-' : name[i]) != http::lower(field[i])) return false;
  return true;
}

bool is_misleading(std::string_view name, const Forwarding& forwarding, std::string_view method) {
  constexpr std::string_view kForwarded = "x-forwarded";
  if (!may_mislead(name)) return false;
  if (is_one_of(name, kOfUrl)) return true;
  if (is_one_of(name, kOfMethod)) return method == "GET" || method == "HEAD";
  // The proxy in front writes hyphens; where underscores are, a visitor has written.
  if (forwarding.keep_received && name.find('_') == name.npos) return false;
  return is_twin(name.substr(0, kForwarded.size()), kForwarded) || is_one_of(name, kOfVisitor);
}

std::string_view via(http::Version received) {
  switch (received) {
    case http::Version::http10:
      return "1.0 meridian";
    case http::Version::http11:
      return "1.1 meridian";
    case http::Version::http2:
      break;
  }
  return "2 meridian";
}

void mark_way(http::Fields& fields) { append_to(fields, "CDN-Loop", kLoopMark); }

bool is_in_loop(const http::Fields& fields) {
  if (!fields.has("cdn-loop")) return false;
  const std::string ways = fields.combined("cdn-loop");
  http::ListWords words(ways);
  int times = 0;
  while (const auto word = words.next())
    if (http::same_word(http::trim(word->substr(0, word->find(';'))), kLoopMark)) ++times;
  return times >= 2;
}

void tell_of_visitor(http::Fields& fields, const Forwarding& forwarding,
                     const http::Received& received) {
  if (!forwarding.keep_received)
    fields.erase_each("x-forwarded-for", "x-forwarded-proto", "x-forwarded-host", "forwarded",
                      "via");
  if (forwarding.x_forwarded) {
    append_to(fields, "X-Forwarded-For", received.client);
    set_where_missing(fields, "X-Forwarded-Proto", received.scheme);
    set_where_missing(fields, "X-Forwarded-Host", received.host);
  }
  if (forwarding.forwarded) append_to(fields, "Forwarded", http::forwarded_element(received));
  if (forwarding.via) append_to(fields, "Via", via(received.version));
}

}  // namespace meridian::edge
