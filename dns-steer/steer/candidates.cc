#include <algorithm>

#include "dns-steer/steer/fleet.h"
#include "dns-steer/steer/spread.h"

namespace meridian::dns {

CandidateSet find_candidates(const Fleet& fleet, std::span<const LocationId> locations,
                             Family family) {
  CandidateSet set;
  for (std::size_t location = 0; location < fleet.locations.size(); ++location) {
    set.first.push_back(static_cast<std::uint32_t>(set.all.size()));
    const auto id = static_cast<LocationId>(location);
    if (!locations.empty() && std::find(locations.begin(), locations.end(), id) == locations.end())
      continue;
    for (std::uint32_t i = 0; i < fleet.edges.size(); ++i) {
      const auto& edge = fleet.edges[i];
      if (edge.location != id) continue;
      for (const auto& address : edge.addresses) {
        if (address.family() == family)
          set.all.push_back({address, edge.drained, i, address_hash(address)});
      }
    }
  }
  set.first.push_back(static_cast<std::uint32_t>(set.all.size()));
  return set;
}

}  // namespace meridian::dns
