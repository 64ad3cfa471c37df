#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "common/net/address.h"
#include "dns-steer/geo/override.h"
#include "dns-steer/geo/ranking.h"

namespace meridian::dns {

/// Any client's ranking of locations. Immutable once compiled; any thread.
class PlaceTable {
 public:
  PlaceTable() = default;
  PlaceTable(RankingList rankings, RangeTable4 v4, RangeTable6 v6)
      : rankings_(std::move(rankings)), v4_(std::move(v4)), v6_(std::move(v6)) {}

  struct Hit {
    std::span<const LocationId> ranking;
    /// The override that forbids this client some of the locations; kNoOverride: none does.
    std::uint32_t restriction = kNoOverride;
    /// All clients that share this many bits with the one asked about have the same ranking and
    /// restriction.
    std::uint8_t scope = 0;
  };
  Hit find(const IpAddress& client) const {
    if (client.is_v4()) {
      const auto hit = v4_.find(client.v4_value());
      return hit_of(hit.value, hit.scope);
    }
    const auto hit = v6_.find(key_of<U128>(client));
    return hit_of(hit.value, hit.scope);
  }

  /// Asks memory for what find() will read, a step at a time, so that other work is done while it
  /// comes.
  void prefetch_block(const IpAddress& client) const {
    if (client.is_v4())
      v4_.prefetch_block(client.v4_value());
    else
      v6_.prefetch_block(key_of<U128>(client));
  }
  void prefetch_ranges(const IpAddress& client) const {
    if (client.is_v4())
      v4_.prefetch_ranges(client.v4_value());
    else
      v6_.prefetch_ranges(key_of<U128>(client));
  }

  /// False: there are so few rankings that they are at hand.
  bool has_many_rankings() const { return rankings_.bytes() > kAtHandOctets; }
  /// The number of the client's ranking; memory is asked for it, and by prefetch_best() for its
  /// best locations.
  std::uint32_t prefetch_ranking(const IpAddress& client) const {
    const auto number =
        client.is_v4() ? v4_.find(client.v4_value()).value : v6_.find(key_of<U128>(client)).value;
    rankings_.prefetch_entry(number);
    return number;
  }
  void prefetch_best(std::uint32_t ranking) const { rankings_.prefetch_best(ranking); }

  // Whole, for who compares or keeps tables. Values are numbers in all_rankings().
  Ranges<std::uint32_t> v4() const { return v4_.ranges(); }
  Ranges<U128> v6() const { return v6_.ranges(); }
  const RankingList& all_rankings() const { return rankings_; }

  std::size_t ranges() const { return v4_.size() + v6_.size(); }
  std::size_t rankings() const { return rankings_.size(); }
  std::size_t bytes() const { return rankings_.bytes() + v4_.bytes() + v6_.bytes(); }

 private:
  Hit hit_of(std::uint32_t number, std::uint8_t scope) const {
    const auto ranking = rankings_.at(number);
    return {ranking.locations, ranking.restriction, scope};
  }

  static constexpr std::size_t kAtHandOctets = std::size_t{128} << 10;

  RankingList rankings_;
  RangeTable4 v4_;
  RangeTable6 v6_;
};

/// Ranks the locations for every place of `world`; the first override that matches a client puts
/// its locations first, or restricts the client to some; then come those that the prefix map names.
/// Neighbours with equal rankings become one range. Takes up to a second or two for a city
/// database, on two threads. Pure.
PlaceTable compile_places(const World& world, std::span<const geo::Coordinates> locations,
                          const RankingRule& rule);

}  // namespace meridian::dns
