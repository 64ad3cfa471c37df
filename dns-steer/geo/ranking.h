#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <utility>
#include <vector>

#include "dns-steer/geo/place.h"

namespace meridian::dns {

/// Number of a location in the order of names.
using LocationId = std::uint16_t;
inline constexpr std::size_t kMostLocations = 10'000;

/// Number of an override in its list.
inline constexpr std::uint32_t kNoOverride = 0xffffffff;

/// Locations, best first, and the override that takes some of them away (kNoOverride: none).
struct Ranking {
  std::span<const LocationId> locations;
  std::uint32_t restriction = kNoOverride;
};

/// Orders of locations, best first; each distinct pair of order and restriction is stored once.
class RankingList {
 public:
  std::uint32_t add(const std::vector<LocationId>& locations,
                    std::uint32_t restriction = kNoOverride);
  /// Seals what was added; add() no more.
  void seal() { numbers_.clear(); }

  Ranking at(std::uint32_t ranking) const {
    const auto& entry = entries_[ranking];
    return {std::span(flat_).subspan(entry.first, entry.size), entry.restriction};
  }
  std::size_t size() const { return entries_.size(); }

 private:
  struct Entry {
    std::size_t first;
    std::uint32_t size;
    std::uint32_t restriction;
  };
  std::vector<Entry> entries_;
  std::vector<LocationId> flat_;
  std::map<std::pair<std::vector<LocationId>, std::uint32_t>, std::uint32_t> numbers_;
};

/// `preferred` first, then all others by distance from `place`; in the order of names where
/// distances are equal or the place has no coordinates.
std::vector<LocationId> rank(const Place& place, std::span<const geo::Coordinates> locations,
                             std::span<const LocationId> preferred);

}  // namespace meridian::dns
