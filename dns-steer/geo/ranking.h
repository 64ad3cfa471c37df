#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <vector>

#include "dns-steer/geo/place.h"

namespace meridian::dns {

/// Number of a location in the order of names.
using LocationId = std::uint16_t;
inline constexpr std::size_t kMostLocations = 10'000;

/// Orders of all locations, best first; each distinct order is stored once.
class RankingList {
 public:
  explicit RankingList(std::size_t locations = 0) : locations_(locations) {}

  /// `ranking` names every location once.
  std::uint32_t add(const std::vector<LocationId>& ranking);
  /// Seals what was added; add() no more.
  void seal() { numbers_.clear(); }

  std::span<const LocationId> at(std::uint32_t ranking) const {
    return std::span(flat_).subspan(ranking * locations_, locations_);
  }
  std::size_t size() const { return locations_ == 0 ? 0 : flat_.size() / locations_; }

 private:
  std::size_t locations_;
  std::vector<LocationId> flat_;
  std::map<std::vector<LocationId>, std::uint32_t> numbers_;
};

/// `preferred` first, then all others by distance from `place`; in the order of names where
/// distances are equal or the place has no coordinates.
std::vector<LocationId> rank(const Place& place, std::span<const geo::Coordinates> locations,
                             std::span<const LocationId> preferred);

}  // namespace meridian::dns
