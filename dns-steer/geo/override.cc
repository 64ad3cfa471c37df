#include "dns-steer/geo/override.h"

#include <algorithm>

namespace meridian::dns {

std::optional<std::string_view> matched_by(const Override& rule, const ClientFacts& client) {
  const auto holds = [](const auto& list, const auto& value) {
    return std::find(list.begin(), list.end(), value) != list.end();
  };
  if (std::any_of(rule.prefixes.begin(), rule.prefixes.end(),
                  [&](const IpPrefix& prefix) { return prefix.contains(client.address); }))
    return "prefix";
  if (client.asn != 0 && holds(rule.asns, client.asn)) return "autonomous system";
  if (!client.subdivision.empty() && holds(rule.subdivisions, client.subdivision))
    return "subdivision";
  if (client.place.has_country() && holds(rule.countries, client.place.country)) return "country";
  if (client.place.continent[0] != 0 && holds(rule.continents, client.place.continent))
    return "continent";
  return {};
}

}  // namespace meridian::dns
