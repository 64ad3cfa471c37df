#include "edge-node/policy/invalidate.h"

#include <optional>

#include "edge-node/http/parse_http1.h"
#include "edge-node/http/token.h"

namespace meridian::edge {
namespace {

/// "host", "host:port" or "[address]:port", as far as it can be read.
struct Authority {
  std::string_view host;
  std::optional<std::uint64_t> port;  // no value: it is no number
};

Authority parse_authority(std::string_view text, bool https) {
  const std::uint16_t usual = https ? 443 : 80;
  const auto bracket = text.starts_with('[') ? text.find(']') : std::string_view::npos;
  const auto colon = text.find(':', bracket == std::string_view::npos ? 0 : bracket);
  Authority authority{.host = text.substr(0, colon), .port = usual};
  if (colon != std::string_view::npos && colon + 1 < text.size())
    authority.port = http::parse_length(text.substr(colon + 1));
  return authority;
}

bool is_same_origin(std::string_view authority, bool https, const TargetUri& uri) {
  const auto named = parse_authority(authority, https);
  return https == uri.https && http::same_word(named.host, uri.host) && named.port == uri.port;
}

/// The path with its query that `reference` names of the origin of `uri`, seen from there (RFC 3986
/// section 5.2, without dot segments); no value: it is elsewhere.
std::optional<std::string> resolve(std::string_view reference, const TargetUri& uri) {
  reference = reference.substr(0, reference.find('#'));
  const auto colon = reference.find(':');
  bool https = uri.https;
  if (colon != std::string_view::npos && colon < reference.find_first_of("/?")) {
    const auto scheme = http::lower_text(reference.substr(0, colon));
    if (scheme != "http" && scheme != "https") return std::nullopt;
    https = scheme == "https";
    reference.remove_prefix(colon + 1);
    if (!reference.starts_with("//")) return std::nullopt;
  }
  if (reference.starts_with("//")) {
    reference.remove_prefix(2);
    const auto end = std::min(reference.find_first_of("/?"), reference.size());
    if (!is_same_origin(reference.substr(0, end), https, uri)) return std::nullopt;
    reference.remove_prefix(end);
    if (!reference.starts_with('/')) return "/" + std::string(reference);
    return std::string(reference);
  }
  if (reference.starts_with('/')) return std::string(reference);
  const auto path = uri.target.substr(0, uri.target.find('?'));
  if (reference.empty()) return std::string(uri.target);
  if (reference.starts_with('?')) return std::string(path) + std::string(reference);
  return std::string(path.substr(0, path.rfind('/') + 1)) + std::string(reference);
}

}  // namespace

TargetUri target_uri(const http::RequestHead& request, std::string_view authority, bool https) {
  const auto port = parse_authority(authority, https).port.value_or(0);
  return {.host = request.host,
          .target = request.target,
          .https = https,
          .port = static_cast<std::uint16_t>(port <= 65535 ? port : 0)};
}

std::vector<std::string> invalidated_targets(std::string_view method, const TargetUri& uri,
                                             int status, const http::Fields& response) {
  if (http::is_safe(method) || status < 200 || status >= 400) return {};
  std::vector<std::string> targets{std::string(uri.target)};
  for (const std::string_view name : {"location", "content-location"}) {
    const auto reference = response.find(name);
    if (!reference) continue;
    if (auto other = resolve(*reference, uri)) targets.push_back(std::move(*other));
  }
  return targets;
}

bool is_of_target(const http::Fields& response, const TargetUri& uri) {
  const auto reference = response.find("content-location");
  if (!reference || response.count("content-location") > 1) return false;
  const auto named = resolve(*reference, uri);
  return named && *named == uri.target;
}

}  // namespace meridian::edge
