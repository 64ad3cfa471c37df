#include "dns-steer/geo/database.h"

#include <cstdio>
#include <fstream>
#include <iterator>

#include <gtest/gtest.h>

namespace meridian::dns {
namespace {

const std::filesystem::path kFixture = MERIDIAN_GEOIP_FIXTURE;

World read(const std::vector<std::string>& files) {
  World world;
  for (const auto& file : files) {
    const auto database = GeoDatabase::open(kFixture / file);
    EXPECT_TRUE(database) << database.error().text();
    const auto done = database->read(world);
    EXPECT_TRUE(done) << done.error().text();
  }
  return world;
}

/// "FR 48.85 2.36", or "unknown".
std::string place_of(const World& world, const std::string& address_text) {
  const auto address = parse_address(address_text).value();
  const auto number = address.is_v4() ? RangeTable4(world.v4).find(address.v4_value()).value
                                      : RangeTable6(world.v6).find(key_of<U128>(address)).value;
  const auto& place = world.places.places()[number];
  if (!place.coordinates) return "unknown";
  char text[64];
  std::snprintf(text, sizeof text, "%.2s %.2f %.2f", place.country.data(),
                place.coordinates->latitude, place.coordinates->longitude);
  return text;
}

TEST(GeoDatabase, ReadsTheFlatSchemaInTwoFiles) {
  const auto world = read({"fixture-flat-ipv4.mmdb", "fixture-flat-ipv6.mmdb"});
  EXPECT_EQ(place_of(world, "134.157.1.1"), "FR 48.85 2.36");
  EXPECT_EQ(place_of(world, "193.48.1.1"), "FR 43.60 1.44");
  EXPECT_EQ(place_of(world, "193.48.97.1"), "FR 50.63 3.06");
  EXPECT_EQ(place_of(world, "137.158.255.255"), "ZA -33.96 18.46");
  EXPECT_EQ(place_of(world, "192.0.2.1"), "unknown");
  EXPECT_EQ(place_of(world, "2001:660::1"), "FR 48.86 2.35");
  EXPECT_EQ(place_of(world, "2001:db8::1"), "unknown");
}

TEST(GeoDatabase, ReadsTheNestedSchemaInOneFile) {
  const auto world = read({"fixture-nested.mmdb"});
  EXPECT_EQ(place_of(world, "134.157.1.1"), "FR 48.85 2.36");
  EXPECT_EQ(place_of(world, "2001:660::1"), "FR 48.86 2.35");
  EXPECT_EQ(place_of(world, "::134.157.1.1"), "unknown");
  EXPECT_EQ(place_of(world, "2002:869d:101::1"), "unknown");
  EXPECT_EQ(place_of(world, "::ffff:134.157.1.1"), "unknown");
}

TEST(GeoDatabase, PlacesACountryAtItsMiddle) {
  const auto world = read({"fixture-country.mmdb"});
  const auto france = geo::country_centroid({'F', 'R'}).value();
  const auto database = GeoDatabase::open(kFixture / "fixture-country.mmdb").value();
  const auto entry = database.find(parse_address("134.157.1.1").value());
  ASSERT_TRUE(entry && entry->place.coordinates);
  EXPECT_DOUBLE_EQ(entry->place.coordinates->latitude, france.latitude);
}

TEST(GeoDatabase, LetsTheFirstFileWin) {
  const auto world = read({"fixture-flat-ipv4.mmdb", "fixture-country.mmdb"});
  EXPECT_EQ(place_of(world, "134.157.1.1"), "FR 48.85 2.36");
}

TEST(GeoDatabase, FindsTheSameByAddress) {
  const auto world = read({"fixture-nested.mmdb"});
  const auto database = GeoDatabase::open(kFixture / "fixture-nested.mmdb").value();
  const auto entry = database.find(parse_address("193.48.97.1").value());
  ASSERT_TRUE(entry);
  EXPECT_EQ(entry->prefix.text(), "193.48.96.0/20");
  EXPECT_NEAR(entry->place.coordinates->latitude, 50.63, 0.01);
  EXPECT_FALSE(database.find(parse_address("192.0.2.1").value()));
}

TEST(GeoDatabase, RefusesWhatIsNone) {
  EXPECT_FALSE(GeoDatabase::open(kFixture / "missing.mmdb"));
  EXPECT_FALSE(GeoDatabase::open("/dev/null"));
  EXPECT_FALSE(open_databases({"/proc/self/fd"}));
  EXPECT_EQ(open_databases({kFixture})->size(), 4u);
}

// A tree that points back into itself must not be walked for ever.
TEST(GeoDatabase, SurvivesDamage) {
  std::ifstream in(kFixture / "fixture-nested.mmdb", std::ios::binary);
  const std::string whole{std::istreambuf_iterator<char>(in), {}};
  const auto path = std::filesystem::path(testing::TempDir()) / "damaged.mmdb";
  // Behind the marker is what the library checks by itself when it opens a file.
  const auto end = whole.rfind("\xab\xcd\xefMaxMind.com");
  ASSERT_NE(end, std::string::npos);
  for (std::size_t at = 0; at < end; at += end / 97) {
    for (const char value : {'\0', '\x01', '\x7f', '\xff'}) {
      auto damaged = whole;
      damaged[at] = value;
      std::ofstream(path, std::ios::binary) << damaged;
      const auto database = GeoDatabase::open(path);
      if (!database) continue;
      World world;
      if (!database->read(world)) {
        EXPECT_EQ(world.v4.size(), 1u);
      }
    }
  }
}

}  // namespace
}  // namespace meridian::dns
