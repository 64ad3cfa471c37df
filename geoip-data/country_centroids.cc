#include "geoip-data/country_centroids.h"

#include <algorithm>
#include <string_view>

namespace meridian::geo {
namespace {

struct Country {
  std::string_view iso;
  Coordinates middle;
};

// country_centroids.csv, which is sorted by code.
constexpr Country kCountries[] = {
#include "country_centroids.inc"
};
static_assert(std::ranges::is_sorted(kCountries, {}, &Country::iso));

}  // namespace

std::optional<Coordinates> country_centroid(std::array<char, 2> iso) {
  const std::string_view code(iso.data(), iso.size());
  const auto* found = std::ranges::lower_bound(kCountries, code, {}, &Country::iso);
  if (found == std::end(kCountries) || found->iso != code) return std::nullopt;
  return found->middle;
}

}  // namespace meridian::geo
