#include <algorithm>
#include <numeric>

#include "dns-steer/steer/fleet.h"
#include "dns-steer/steer/spread.h"

namespace meridian::dns {

CandidateSet find_candidates(const Fleet& fleet, std::span<const LocationId> locations,
                             Family family) {
  LocationSet wanted(fleet.locations.size());
  for (const auto location : locations) wanted.add(location);
  std::vector<std::uint32_t> order(fleet.edges.size());
  std::iota(order.begin(), order.end(), std::uint32_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) {
    return fleet.edges[a].location < fleet.edges[b].location;
  });
  CandidateSet set;
  auto next = order.begin();
  for (std::size_t location = 0; location < fleet.locations.size(); ++location) {
    set.first.push_back(static_cast<std::uint32_t>(set.all.size()));
    const auto id = static_cast<LocationId>(location);
    for (; next != order.end() && fleet.edges[*next].location == id; ++next) {
      if (!locations.empty() && !wanted.contains(id)) continue;
      const auto& edge = fleet.edges[*next];
      for (const auto& address : edge.addresses) {
        if (address.family() == family)
          set.all.push_back({address, edge.drained, id, *next, address_hash(address)});
      }
    }
  }
  set.first.push_back(static_cast<std::uint32_t>(set.all.size()));
  return set;
}

}  // namespace meridian::dns
