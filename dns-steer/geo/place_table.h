#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "common/net/address.h"
#include "dns-steer/geo/ranking.h"

namespace meridian::dns {

/// A SteeringOverride, compiled: matches a client by prefix or by country.
struct Override {
  std::vector<IpPrefix> prefixes;
  std::vector<std::array<char, 2>> countries;
  std::vector<LocationId> locations;
};

/// Any client's ranking of locations. Immutable once compiled; any thread.
class PlaceTable {
 public:
  PlaceTable() = default;
  PlaceTable(RankingList rankings, RangeTable4 v4, RangeTable6 v6)
      : rankings_(std::move(rankings)), v4_(std::move(v4)), v6_(std::move(v6)) {}

  struct Hit {
    std::span<const LocationId> ranking;
    /// All clients that share this many bits with the one asked about have the same ranking.
    std::uint8_t scope = 0;
  };
  Hit find(const IpAddress& client) const {
    if (client.is_v4()) {
      const auto hit = v4_.find(client.v4_value());
      return {rankings_.at(hit.value), hit.scope};
    }
    const auto hit = v6_.find(key_of<U128>(client));
    return {rankings_.at(hit.value), hit.scope};
  }

  std::size_t ranges() const { return v4_.size() + v6_.size(); }
  std::size_t rankings() const { return rankings_.size(); }
  std::size_t bytes() const { return v4_.bytes() + v6_.bytes(); }

 private:
  RankingList rankings_;
  RangeTable4 v4_;
  RangeTable6 v6_;
};

/// Ranks the locations for every place of `world`; the first override that matches a client puts
/// its locations first. Neighbours with equal rankings become one range. Takes seconds for a city
/// database. Pure.
PlaceTable compile_places(const World& world, std::span<const geo::Coordinates> locations,
                          std::span<const Override> overrides);

}  // namespace meridian::dns
