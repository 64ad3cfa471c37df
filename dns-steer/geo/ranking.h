#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "common/base/prefetch.h"
#include "geoip-data/database/place.h"

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
  std::uint32_t add(std::span<const LocationId> locations, std::uint32_t restriction = kNoOverride);
  /// Seals what was added; add() no more.
  void seal();

  Ranking at(std::uint32_t ranking) const {
    const auto& entry = entries_[ranking];
    return {std::span(flat_).subspan(entry.first, entry.size), entry.restriction};
  }
  /// Asks memory for what at() reads, and then for the best locations.
  void prefetch_entry(std::uint32_t ranking) const { prefetch_memory(entries_[ranking]); }
  void prefetch_best(std::uint32_t ranking) const {
    const auto& entry = entries_[ranking];
    if (entry.size > 0) prefetch_memory(flat_[entry.first]);
  }
  std::size_t size() const { return entries_.size(); }
  /// What clients of this ranking come to first and may not come to; equal for who are led alike
  /// while everything is healthy.
  std::uint64_t lead(std::uint32_t ranking) const {
    const auto [locations, restriction] = at(ranking);
    return std::uint64_t{restriction} << 32 | (locations.empty() ? 0xffff : locations[0]);
  }
  std::size_t bytes() const {
    return entries_.size() * sizeof(Entry) + flat_.size() * sizeof(LocationId);
  }

 private:
  struct Entry {
    std::size_t first;
    std::uint32_t size;
    std::uint32_t restriction;
  };
  void grow();
  std::uint32_t& slot(std::span<const LocationId> locations, std::uint32_t restriction);

  std::vector<Entry> entries_;
  std::vector<LocationId> flat_;
  std::vector<std::uint32_t> slots_;  // numbers of entries by their hash; open addressing
};

/// Puts locations in order, for many places one after the other. One thread.
class Ranker {
 public:
  /// Ranks those of `locations` that are in `among`; empty: all of them.
  explicit Ranker(std::span<const geo::Coordinates> locations,
                  std::span<const LocationId> among = {});

  /// `preferred` first, then all others by distance from `place`; in the order of names where
  /// distances are equal or the place has no coordinates. Until the next call.
  std::span<const LocationId> rank(const Place& place, std::span<const LocationId> preferred = {});

 private:
  struct Vector {
    double x, y, z;
  };
  static Vector vector_of(const geo::Coordinates& at);
  void order(const Place& place, std::vector<LocationId>& by_distance);

  std::vector<Vector> locations_;    // on a ball of radius one
  std::vector<double> nearness_;     // of each location to the place: the cosine between them
  std::vector<LocationId> unknown_;  // all that are ranked, in the order of names
  // The last order for a place of each country: the next one there is much alike.
  std::vector<std::vector<LocationId>> by_country_;
  std::vector<LocationId> result_;
  std::vector<char> taken_;
};

}  // namespace meridian::dns
