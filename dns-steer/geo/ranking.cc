#include "dns-steer/geo/ranking.h"

#include <algorithm>
#include <numeric>

namespace meridian::dns {

std::uint32_t RankingList::add(const std::vector<LocationId>& locations,
                               std::uint32_t restriction) {
  const auto [known, added] =
      numbers_.try_emplace({locations, restriction}, static_cast<std::uint32_t>(entries_.size()));
  if (added) {
    entries_.push_back({flat_.size(), static_cast<std::uint32_t>(locations.size()), restriction});
    flat_.insert(flat_.end(), locations.begin(), locations.end());
  }
  return known->second;
}

std::vector<LocationId> rank(const Place& place, std::span<const geo::Coordinates> locations,
                             std::span<const LocationId> preferred) {
  std::vector<LocationId> order(locations.size());
  std::iota(order.begin(), order.end(), LocationId{0});
  std::vector<double> distance(locations.size(), 0.0);
  if (place.coordinates) {
    for (std::size_t i = 0; i < locations.size(); ++i)
      distance[i] = distance_km(*place.coordinates, locations[i]);
  }
  // Below every distance, in the order of preference; who is preferred twice, by the first time.
  for (std::size_t i = preferred.size(); i-- > 0;)
    distance[preferred[i]] = static_cast<double>(i) - static_cast<double>(preferred.size());
  std::stable_sort(order.begin(), order.end(),
                   [&](LocationId a, LocationId b) { return distance[a] < distance[b]; });
  return order;
}

}  // namespace meridian::dns
