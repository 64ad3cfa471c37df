#pragma once

#include <array>
#include <optional>

namespace meridian::geo {

/// Degrees north and east.
struct Coordinates {
  double latitude;
  double longitude;
};

/// Roughly the middle of a country: where its clients are taken to be when a database knows only
/// the country. `iso`: the ISO 3166-1 alpha-2 code in capitals. Any thread.
std::optional<Coordinates> country_centroid(std::array<char, 2> iso);

/// `AF`, `AN`, `AS`, `EU`, `NA`, `OC` or `SA`; zeros where the country is not known. Any thread.
std::array<char, 2> country_continent(std::array<char, 2> iso);

}  // namespace meridian::geo
