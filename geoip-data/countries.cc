#include "geoip-data/countries.h"

#include <algorithm>
#include <string_view>

namespace meridian::geo {
namespace {

struct Country {
  std::string_view iso;
  Coordinates middle;
  std::array<char, 2> continent;
};

// countries.csv, which is sorted by code.
constexpr Country kCountries[] = {
#include "countries.inc"
};
static_assert(std::ranges::is_sorted(kCountries, {}, &Country::iso));

const Country* find(std::array<char, 2> iso) {
  const std::string_view code(iso.data(), iso.size());
  const auto* found = std::ranges::lower_bound(kCountries, code, {}, &Country::iso);
  return found == std::end(kCountries) || found->iso != code ? nullptr : found;
}

}  // namespace

std::optional<Coordinates> country_centroid(std::array<char, 2> iso) {
  const auto* country = find(iso);
  if (country == nullptr) return std::nullopt;
  return country->middle;
}

std::array<char, 2> country_continent(std::array<char, 2> iso) {
  const auto* country = find(iso);
  return country == nullptr ? std::array<char, 2>{} : country->continent;
}

}  // namespace meridian::geo
