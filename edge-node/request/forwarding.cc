#include "edge-node/request/forwarding.h"

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

}  // namespace

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
