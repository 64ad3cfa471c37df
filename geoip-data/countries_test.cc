#include "geoip-data/countries.h"

#include <gtest/gtest.h>

namespace meridian::geo {
namespace {

TEST(CountryCentroid, IsNearTheMiddleOfTheCountry) {
  struct Case {
    std::array<char, 2> iso;
    Coordinates middle;
  };
  const Case cases[] = {
      {{'F', 'R'}, {46.5, 2.5}},   {{'S', 'G'}, {1.3, 103.8}}, {{'Z', 'A'}, {-29, 25}},
      {{'U', 'S'}, {39.8, -98.6}}, {{'N', 'Z'}, {-41.5, 172}}, {{'A', 'D'}, {42.5, 1.6}},
      {{'Z', 'W'}, {-19, 29.9}},   {{'B', 'R'}, {-10.8, -53}}, {{'J', 'P'}, {36.5, 138}},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(std::string_view(c.iso.data(), 2));
    const auto found = country_centroid(c.iso);
    ASSERT_TRUE(found.has_value());
    EXPECT_NEAR(found->latitude, c.middle.latitude, 1.0);
    EXPECT_NEAR(found->longitude, c.middle.longitude, 1.0);
  }
}

TEST(CountryCentroid, IsOnTheGlobeForEveryCode) {
  int known = 0;
  for (char first = 'A'; first <= 'Z'; ++first) {
    for (char second = 'A'; second <= 'Z'; ++second) {
      const auto found = country_centroid({first, second});
      if (!found) continue;
      ++known;
      EXPECT_LE(std::abs(found->latitude), 90) << first << second;
      EXPECT_LE(std::abs(found->longitude), 180) << first << second;
      EXPECT_TRUE(found->latitude != 0 || found->longitude != 0) << first << second;
    }
  }
  EXPECT_EQ(known, 250);  // the 249 of ISO 3166-1 and XK, which databases use for Kosovo
}

TEST(CountryContinent, IsKnownForEveryCodeThatHasAPlace) {
  EXPECT_EQ(country_continent({'F', 'R'}), (std::array{'E', 'U'}));
  EXPECT_EQ(country_continent({'U', 'S'}), (std::array{'N', 'A'}));
  EXPECT_EQ(country_continent({'T', 'R'}), (std::array{'A', 'S'}));
  for (char first = 'A'; first <= 'Z'; ++first) {
    for (char second = 'A'; second <= 'Z'; ++second) {
      EXPECT_EQ(country_continent({first, second})[0] != 0,
                country_centroid({first, second}).has_value());
    }
  }
}

TEST(CountryCentroid, IsAbsentForWhatIsNoCode) {
  EXPECT_FALSE(country_centroid({'X', 'X'}));
  EXPECT_FALSE(country_centroid({'f', 'r'}));
  EXPECT_FALSE(country_centroid({'\0', '\0'}));
}

}  // namespace
}  // namespace meridian::geo
