#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "geoip-data/countries.h"
#include "geoip-data/database/range_table.h"

namespace meridian {

/// Where clients are, as far as a database knows.
struct Place {
  std::optional<geo::Coordinates> coordinates = std::nullopt;
  std::array<char, 2> country{};    // ISO 3166-1 alpha-2 in capitals; zeros: not known
  std::array<char, 2> continent{};  // `EU`...; zeros: not known
  std::uint32_t subdivision = 0;    // into PlaceList::subdivisions()

  bool has_country() const { return country[0] != 0; }
  bool is_known() const { return coordinates.has_value() || has_country(); }
};

/// Kilometres along a great circle (haversine; the Earth as a ball of 6371 km).
double distance_km(const geo::Coordinates& a, const geo::Coordinates& b);

/// The places that address ranges refer to. Number 0 is the place of which nothing is known.
class PlaceList {
 public:
  static constexpr std::uint32_t kUnknown = 0;

  PlaceList() : places_(1), subdivisions_(1) {}
  /// Its number; kUnknown if nothing is known of it.
  std::uint32_t add(const Place& place);
  const std::vector<Place>& places() const { return places_; }
  void reserve(std::size_t more) { places_.reserve(places_.size() + more); }

  /// The number of a state or province such as `US-CA`; 0 for the empty text.
  std::uint32_t add_subdivision(std::string_view code);
  /// By number; the first is empty: not known.
  const std::vector<std::string>& subdivisions() const { return subdivisions_; }

 private:
  std::vector<Place> places_;
  std::vector<std::string> subdivisions_;
  std::unordered_map<std::string, std::uint32_t> subdivision_numbers_;
};

/// Which place each address of one family is at.
template <class Key>
using PlaceRanges = Ranges<Key>;

/// What one database says: ranges of addresses, each with the number of a record.
struct Layer {
  struct Record {
    Place place;
    std::uint32_t asn = 0;  // number of an autonomous system; 0: not known
  };
  std::vector<Record> records{1};         // the first: nothing is known
  std::vector<std::string> subdivisions;  // that places refer to; the first: not known
  Ranges<std::uint32_t> v4{{0}, {0}};
  Ranges<U128> v6{{0}, {0}};
};

/// What databases say about all addresses.
struct World {
  PlaceList places;
  PlaceRanges<std::uint32_t> v4{{0}, {PlaceList::kUnknown}};
  PlaceRanges<U128> v6{{0}, {PlaceList::kUnknown}};
  // Numbers of autonomous systems; 0: not known.
  Ranges<std::uint32_t> asn4{{0}, {0}};
  Ranges<U128> asn6{{0}, {0}};

  /// Adds what `layer` knows where nothing is known yet.
  void add(Layer layer);
};

/// What `combine(a, b)` makes of each pair of values that share addresses.
template <class Key, class Combine>
Ranges<Key> merged(const Ranges<Key>& first, const Ranges<Key>& second, Combine combine) {
  Ranges<Key> result;
  std::size_t a = 0;
  std::size_t b = 0;
  for (Key start = 0;;) {
    result.append(start, combine(first.values[a], second.values[b]));
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

/// `first`, and where it knows nothing (0), `second`.
template <class Key>
Ranges<Key> overlay(const Ranges<Key>& first, const Ranges<Key>& second) {
  return merged(first, second, [](std::uint32_t a, std::uint32_t b) { return a != 0 ? a : b; });
}

}  // namespace meridian
