#include "edge-node/request/locations.h"

#include <algorithm>
#include <optional>

#include "edge-node/http/token.h"

namespace meridian::edge {
namespace {

/// An absolute http(s) URL, or one that only leaves out the scheme (RFC 3986 section 4.2).
struct Url {
  bool https = false;
  bool http = false;
  std::string host;       // lower case, without port and brackets
  std::string_view port;  // empty: that of the scheme
  std::string_view rest;  // path, query and fragment; may be empty
};

bool take_prefix(std::string_view& text, std::string_view prefix) {
  if (!http::same_word(text.substr(0, prefix.size()), prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

/// Without a port; an IPv6 address without its brackets.
std::string host_of(std::string_view authority) {
  if (authority.starts_with('['))
    return http::lower_text(authority.substr(1, authority.find(']') - 1));
  std::string host = http::lower_text(authority.substr(0, authority.find(':')));
  if (host.ends_with('.')) host.pop_back();
  return host;
}

std::optional<Url> parse_url(std::string_view text) {
  Url url;
  url.https = take_prefix(text, "https:");
  url.http = !url.https && take_prefix(text, "http:");
  if (!text.starts_with("//")) return std::nullopt;
  text.remove_prefix(2);
  const auto end = std::min(text.find_first_of("/?#"), text.size());
  auto authority = text.substr(0, end);
  if (const auto at = authority.rfind('@'); at != std::string_view::npos)
    authority.remove_prefix(at + 1);
  url.host = host_of(authority);
  if (const auto colon = authority.rfind(':');
      colon != std::string_view::npos && authority.find(']', colon) == std::string_view::npos)
    url.port = authority.substr(colon + 1);
  url.rest = text.substr(end);
  return url;
}

/// What browsers may take a path for that begins so: with a host, since they read `\` as `/` and
/// pass over blanks (WHATWG URL).
bool looks_like_authority(std::string_view path) {
  if (path.size() < 2 || path[0] != '/') return false;
  return path[1] == '/' || path[1] == '\\' || static_cast<unsigned char>(path[1]) <= ' ';
}

/// With the scheme where it is known to be HTTPS. Else as a reference that keeps the visitor's own
/// scheme and port; `/.` keeps a path from being taken for a host.
std::string rewritten(const Url& url, const AskedFor& asked_for) {
  std::string text;
  if (asked_for.tls || url.https) {
    text = "https://" + asked_for.host;
    if (asked_for.https_port != 443) text += ":" + std::to_string(asked_for.https_port);
  } else if (looks_like_authority(url.rest)) {
    text = "/.";
  }
  if (!url.rest.starts_with('/')) text += '/';
  text += url.rest;
  return text;
}

}  // namespace

bool names_origin(const OriginPool& pool, std::string_view host) {
  if (host == host_of(pool.host_header) || host == host_of(pool.server_name)) return !host.empty();
  return std::any_of(pool.origins.begin(), pool.origins.end(),
                     [&](const OriginPtr& origin) { return http::same_word(origin->host, host); });
}

namespace {

constexpr std::string_view kLocations[] = {"Location", "Content-Location"};

}  // namespace

void rewrite_locations(http::Fields& fields, const AskedFor& asked_for,
                       const std::function<bool(std::string_view)>& is_origin) {
  for (const auto name : kLocations) {
    const auto value = fields.find(name);
    if (!value) continue;
    const auto url = parse_url(*value);
    if (url && is_origin(url->host)) fields.set(name, rewritten(*url, asked_for));
  }
}

void move_locations(http::Fields& fields, const AskedFor& asked_for, std::uint16_t port) {
  const std::string text = port == 443 ? std::string() : std::to_string(port);
  for (const auto name : kLocations) {
    const auto value = fields.find(name);
    if (!value) continue;
    const auto url = parse_url(*value);
    if (url && url->https && url->host == asked_for.host && url->port == text)
      fields.set(name, rewritten(*url, asked_for));
  }
}

}  // namespace meridian::edge
