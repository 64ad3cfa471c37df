#include "geoip-data/database/place.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace meridian {
namespace {

/// Puts `numbers[value]` in the place of each value, in place, and lays it under `known`.
template <class Key>
void lay_under(Ranges<Key>& known, Ranges<Key> added, const std::vector<std::uint32_t>& numbers) {
  for (auto& value : added.values) value = numbers[value];
  const bool nothing_known = known.size() == 1 && known.values[0] == 0;
  known = nothing_known ? std::move(added) : overlay(known, added);
}

}  // namespace

double distance_km(const geo::Coordinates& a, const geo::Coordinates& b) {
  constexpr double kRadius = 6371.0;
  constexpr double kRadians = std::numbers::pi / 180.0;
  const double latitude = std::sin((b.latitude - a.latitude) * kRadians / 2);
  const double longitude = std::sin((b.longitude - a.longitude) * kRadians / 2);
  const double h = latitude * latitude + std::cos(a.latitude * kRadians) *
                                             std::cos(b.latitude * kRadians) * longitude *
                                             longitude;
  return 2 * kRadius * std::asin(std::min(1.0, std::sqrt(h)));
}

std::uint32_t PlaceList::add(const Place& place) {
  if (!place.is_known()) return kUnknown;
  places_.push_back(place);
  return static_cast<std::uint32_t>(places_.size() - 1);
}

std::uint32_t PlaceList::add_subdivision(std::string_view code) {
  if (code.empty()) return 0;
  const auto [known, added] = subdivision_numbers_.try_emplace(
      std::string(code), static_cast<std::uint32_t>(subdivisions_.size()));
  if (added) subdivisions_.emplace_back(code);
  return known->second;
}

void World::add(Layer layer) {
  std::vector<std::uint32_t> subdivisions{0};
  for (std::size_t i = 1; i < layer.subdivisions.size(); ++i)
    subdivisions.push_back(places.add_subdivision(layer.subdivisions[i]));
  std::vector<std::uint32_t> place_numbers;
  std::vector<std::uint32_t> asns;
  place_numbers.reserve(layer.records.size());
  asns.reserve(layer.records.size());
  places.reserve(layer.records.size());
  std::uint32_t any_place = 0;
  std::uint32_t any_asn = 0;
  for (auto& record : layer.records) {
    if (record.place.subdivision != 0)
      record.place.subdivision = subdivisions[record.place.subdivision];
    place_numbers.push_back(places.add(record.place));
    asns.push_back(record.asn);
    any_place |= place_numbers.back();
    any_asn |= record.asn;
  }
  if (any_asn != 0) {
    lay_under(asn4, any_place != 0 ? layer.v4 : std::move(layer.v4), asns);
    lay_under(asn6, any_place != 0 ? layer.v6 : std::move(layer.v6), asns);
  }
  if (any_place != 0) {
    lay_under(v4, std::move(layer.v4), place_numbers);
    lay_under(v6, std::move(layer.v6), place_numbers);
  }
}

}  // namespace meridian
