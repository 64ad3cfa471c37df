#include "dns-steer/steer/explain_rules.h"

#include <algorithm>
#include <string>

namespace meridian::dns {
namespace {

template <std::size_t kSize>
std::string text_of(const std::array<char, kSize>& code) {
  return {code.data(), code.size()};
}

/// "country FR".
std::string matched_text(std::string_view by, const Override& rule, const ClientFacts& client) {
  if (by == "prefix") {
    for (const auto& prefix : rule.prefixes)
      if (prefix.contains(client.address)) return "prefix " + prefix.text();
  }
  if (by == "autonomous system") return "AS" + std::to_string(client.asn);
  if (by == "country") return "country " + text_of(client.place.country);
  if (by == "continent") return "continent " + text_of(client.place.continent);
  return std::string(by) + " " + std::string(client.subdivision);
}

v1::OverrideAction action_of(OverrideAction action) {
  switch (action) {
    case OverrideAction::prefer:
      return v1::OVERRIDE_ACTION_PREFER;
    case OverrideAction::allow_only:
      return v1::OVERRIDE_ACTION_ALLOW_ONLY;
    case OverrideAction::deny:
      return v1::OVERRIDE_ACTION_DENY;
  }
  return v1::OVERRIDE_ACTION_UNSPECIFIED;
}

}  // namespace

std::optional<v1::MatchedOverride> explain_override(const Fleet& fleet, const Policy& policy,
                                                    const ClientFacts& client) {
  for (std::size_t i = 0; i < policy.overrides.size(); ++i) {
    const auto& rule = policy.overrides[i];
    const auto by = matched_by(rule, client);
    if (!by) continue;
    v1::MatchedOverride matched;
    matched.set_index(static_cast<std::uint32_t>(i));
    matched.set_matched_by(matched_text(*by, rule, client));
    matched.set_action(action_of(rule.action));
    for (const auto location : rule.locations)
      matched.add_locations(fleet.locations[location].name);
    return matched;
  }
  return {};
}

std::optional<v1::MatchedPrefix> explain_prefix_map(const Fleet& fleet, const Policy& policy,
                                                    const IpAddress& client) {
  if (!policy.prefix_map) return {};
  const PrefixMap::Entry* longest = nullptr;
  for (const auto& entry : policy.prefix_map->entries) {
    if (!entry.prefix.contains(client)) continue;
    if (longest == nullptr || entry.prefix.length > longest->prefix.length) longest = &entry;
  }
  if (longest == nullptr) return {};
  v1::MatchedPrefix matched;
  matched.set_prefix_map(policy.prefix_map_name);
  matched.set_prefix(longest->prefix.text());
  for (const auto location : policy.prefix_map->lists[longest->list])
    matched.add_locations(fleet.locations[location].name);
  return matched;
}

}  // namespace meridian::dns
