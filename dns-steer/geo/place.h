#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <tuple>
#include <unordered_map>
#include <vector>

#include "dns-steer/geo/range_table.h"
#include "geoip-data/country_centroids.h"

namespace meridian::dns {

/// Where clients are, as far as a database knows.
struct Place {
  std::optional<geo::Coordinates> coordinates;
  std::array<char, 2> country{};  // ISO 3166-1 alpha-2 in capitals; zeros: not known

  bool has_country() const { return country[0] != 0; }
};

/// Kilometres along a great circle (haversine; the Earth as a ball of 6371 km).
double distance_km(const geo::Coordinates& a, const geo::Coordinates& b);

/// Every distinct place once. Number 0 is the place of which nothing is known.
class PlaceList {
 public:
  static constexpr std::uint32_t kUnknown = 0;

  PlaceList() : places_(1) {}
  std::uint32_t add(const Place& place);
  const std::vector<Place>& places() const { return places_; }

 private:
  using Key = std::tuple<bool, double, double, std::array<char, 2>>;
  struct HashKey {
    std::size_t operator()(const Key& key) const;
  };
  std::vector<Place> places_;
  std::unordered_map<Key, std::uint32_t, HashKey> numbers_;
};

/// Which place each address of one family is at.
template <class Key>
using PlaceRanges = Ranges<Key>;

/// What databases say about all addresses.
struct World {
  PlaceList places;
  PlaceRanges<std::uint32_t> v4{{0}, {PlaceList::kUnknown}};
  PlaceRanges<U128> v6{{0}, {PlaceList::kUnknown}};
};

/// `first`, and where it knows nothing, `second`.
template <class Key>
PlaceRanges<Key> overlay(const PlaceRanges<Key>& first, const PlaceRanges<Key>& second) {
  PlaceRanges<Key> result;
  std::size_t a = 0;
  std::size_t b = 0;
  for (Key start = 0;;) {
    result.append(start,
                  first.values[a] != PlaceList::kUnknown ? first.values[a] : second.values[b]);
    const bool more_a = a + 1 < first.size();
    const bool more_b = b + 1 < second.size();
    if (!more_a && !more_b) return result;
    const bool step_a = more_a && (!more_b || first.starts[a + 1] <= second.starts[b + 1]);
    const bool step_b = more_b && (!more_a || second.starts[b + 1] <= first.starts[a + 1]);
    start = step_a ? first.starts[a + 1] : second.starts[b + 1];
    a += step_a ? 1 : 0;
    b += step_b ? 1 : 0;
  }
}

}  // namespace meridian::dns
