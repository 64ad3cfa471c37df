#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "dns-steer/geo/ranking.h"

namespace meridian::dns {

/// The hash of a member's name: the same on every node, and whatever the configuration's order.
std::uint64_t name_hash(std::string_view name);

/// Consistent hashing for more locations than can be compared for each query: each owns
/// kPointsPerLocation arcs of a circle. Losing a location moves its own arcs only. Shares differ by
/// about an eighth. Immutable once built; any thread.
class LocationRing {
 public:
  static constexpr std::size_t kPointsPerLocation = 64;

  LocationRing() = default;
  /// `hashes`: of each location's name.
  explicit LocationRing(std::span<const std::uint64_t> hashes);

  bool empty() const { return points_.empty(); }

  /// The first location at or behind `hash` for which `may` is true; kMostLocations: there is none.
  template <class May>
  std::size_t find(std::uint64_t hash, May may) const {
    auto point = first_at(hash);
    for (std::size_t i = 0; i < points_.size(); ++i) {
      if (point == points_.size()) point = 0;
      if (may(points_[point].location)) return points_[point].location;
      ++point;
    }
    return kMostLocations;
  }

 private:
  struct Point {
    std::uint32_t at;
    LocationId location;
  };
  std::size_t first_at(std::uint64_t hash) const;

  std::vector<Point> points_;  // ascending
};

}  // namespace meridian::dns
