#include "dns-steer/steer/location_ring.h"

#include <algorithm>

#include "dns-steer/steer/spread.h"

namespace meridian::dns {

std::uint64_t name_hash(std::string_view name) {
  std::uint64_t hash = 0xcbf29ce484222325;  // FNV-1a
  for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return spread_score(hash, 0);
}

LocationRing::LocationRing(std::span<const std::uint64_t> hashes) {
  points_.reserve(hashes.size() * kPointsPerLocation);
  for (std::size_t location = 0; location < hashes.size(); ++location) {
    for (std::uint64_t i = 0; i < kPointsPerLocation; ++i)
      points_.push_back({static_cast<std::uint32_t>(spread_score(hashes[location], i << 32) >> 32),
                         static_cast<LocationId>(location)});
  }
  std::sort(points_.begin(), points_.end(), [](const Point& a, const Point& b) {
    return a.at != b.at ? a.at < b.at : a.location < b.location;
  });
}

std::size_t LocationRing::first_at(std::uint64_t hash) const {
  const auto at = static_cast<std::uint32_t>(hash >> 32);
  const auto found = std::lower_bound(points_.begin(), points_.end(), at,
                                      [](const Point& p, std::uint32_t key) { return p.at < key; });
  return static_cast<std::size_t>(found - points_.begin());
}

}  // namespace meridian::dns
