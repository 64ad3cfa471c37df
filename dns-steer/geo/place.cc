#include "dns-steer/geo/place.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <numbers>

namespace meridian::dns {

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

std::size_t PlaceList::HashKey::operator()(const Key& key) const {
  const auto mix = [](std::uint64_t hash, std::uint64_t word) {
    hash = (hash ^ word) * 0xff51afd7ed558ccd;
    return hash ^ hash >> 32;
  };
  const auto& [known, north, east, country] = key;
  const auto code = static_cast<std::uint64_t>(static_cast<unsigned char>(country[0]) << 8 |
                                               static_cast<unsigned char>(country[1]));
  return mix(mix(mix(known ? 1 : 2, std::bit_cast<std::uint64_t>(north)),
                 std::bit_cast<std::uint64_t>(east)),
             code);
}

std::uint32_t PlaceList::add(const Place& place) {
  if (!place.coordinates && !place.has_country()) return kUnknown;
  const auto at = place.coordinates.value_or(geo::Coordinates{0, 0});
  const Key key{place.coordinates.has_value(), at.latitude, at.longitude, place.country};
  const auto [entry, added] = numbers_.try_emplace(key, static_cast<std::uint32_t>(places_.size()));
  if (added) places_.push_back(place);
  return entry->second;
}

}  // namespace meridian::dns
