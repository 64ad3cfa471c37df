#include "dns-steer/compile/address_sets.h"

#include "dns-steer/steer/answer_sets.h"
#include "dns-steer/zone/record_type.h"

namespace meridian::dns {

std::vector<AddressSet> address_sets(const Snapshot& snapshot, std::uint32_t zone) {
  std::vector<AddressSet> all;
  const auto& data = snapshot.zones;
  const auto& part = data.zones[zone];
  for (auto number = part.first_node; number < part.first_node + part.nodes; ++number) {
    const auto& node = data.nodes[number];
    if (node.site == kNone || node.cut != kNone || is_wildcard(data.name(node))) continue;
    const auto ttl = snapshot.fleet.policies[snapshot.fleet.sites[node.site].policy].ttl;
    for (const auto family : {Family::v4, Family::v6}) {
      const auto type = family == Family::v4 ? rr::kA : rr::kAaaa;
      const auto sets = answer_sets(snapshot.fleet, node.site, family, kMostAddressSets);
      if (!sets) continue;
      for (const auto& set : *sets) {
        auto addresses = addresses_of(snapshot.fleet, node.site, family, set);
        const auto key = answer_set_key(addresses);
        all.push_back({number, type, ttl, std::move(addresses), key});
      }
    }
  }
  return all;
}

}  // namespace meridian::dns
