#include "edge-node/policy/invalidate.h"

#include <optional>

#include "edge-node/http/message.h"
#include "edge-node/http/token.h"

namespace meridian::edge {
namespace {

/// The host of an authority, without its port.
std::string_view host_of(std::string_view authority) {
  if (authority.starts_with('[')) return authority.substr(0, authority.find(']') + 1);
  return authority.substr(0, authority.find(':'));
}

/// The path with its query that `reference` names on `host`, seen from `target` (RFC 3986 section
/// 5.2, without dot segments); no value: it is elsewhere.
std::optional<std::string> resolve(std::string_view reference, std::string_view host,
                                   std::string_view target) {
  reference = reference.substr(0, reference.find('#'));
  const auto colon = reference.find(':');
  if (colon != std::string_view::npos && colon < reference.find_first_of("/?")) {
    const auto scheme = http::lower_text(reference.substr(0, colon));
    if (scheme != "http" && scheme != "https") return std::nullopt;
    reference.remove_prefix(colon + 1);
    if (!reference.starts_with("//")) return std::nullopt;
  }
  if (reference.starts_with("//")) {
    reference.remove_prefix(2);
    const auto end = std::min(reference.find_first_of("/?"), reference.size());
    if (!http::same_word(host_of(reference.substr(0, end)), host)) return std::nullopt;
    reference.remove_prefix(end);
    if (!reference.starts_with('/')) return "/" + std::string(reference);
    return std::string(reference);
  }
  if (reference.starts_with('/')) return std::string(reference);
  const auto path = target.substr(0, target.find('?'));
  if (reference.empty()) return std::string(target);
  if (reference.starts_with('?')) return std::string(path) + std::string(reference);
  return std::string(path.substr(0, path.rfind('/') + 1)) + std::string(reference);
}

}  // namespace

std::vector<std::string> invalidated_targets(std::string_view method, std::string_view host,
                                             std::string_view target, int status,
                                             const http::Fields& response) {
  if (http::is_safe(method) || status < 200 || status >= 400) return {};
  std::vector<std::string> targets{std::string(target)};
  for (const std::string_view name : {"location", "content-location"}) {
    const auto reference = response.find(name);
    if (!reference) continue;
    if (auto other = resolve(*reference, host, target)) targets.push_back(std::move(*other));
  }
  return targets;
}

bool is_of_target(const http::Fields& response, std::string_view host, std::string_view target) {
  const auto reference = response.find("content-location");
  if (!reference || response.count("content-location") > 1) return false;
  const auto named = resolve(*reference, host, target);
  return named && *named == target;
}

}  // namespace meridian::edge
