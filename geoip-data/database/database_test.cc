#include "geoip-data/database/database.h"

#include <cstdio>
#include <fstream>
#include <iterator>

#include <gtest/gtest.h>

namespace meridian {
namespace {

const std::filesystem::path kFixture = MERIDIAN_GEOIP_FIXTURE;

World read(const std::vector<std::string>& files) {
  std::vector<std::filesystem::path> paths;
  for (const auto& file : files) paths.push_back(kFixture / file);
  const auto databases = open_databases(paths);
  EXPECT_TRUE(databases) << databases.error().text();
  auto world = read_world(*databases);
  EXPECT_TRUE(world) << world.error().text();
  return std::move(*world);
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

/// How much of a mapped file counts as memory of this process.
std::size_t resident_kilobytes(const std::filesystem::path& file) {
  std::ifstream maps("/proc/self/smaps");
  std::size_t sum = 0;
  bool here = false;
  for (std::string line; std::getline(maps, line);) {
    if (line.find('-') < line.find(' '))
      here = line.ends_with(file.filename().string());
    else if (here && line.starts_with("Rss:"))
      sum += std::stoul(line.substr(4));
  }
  return sum;
}

TEST(GeoDatabase, IsNoBurdenOnMemoryOnceItIsRead) {
  const std::vector<std::filesystem::path> files{kFixture / "fixture-flat-ipv6.mmdb"};
  const auto databases = open_databases(files);
  ASSERT_TRUE(databases);
  ASSERT_TRUE(databases->front().read());
  EXPECT_GT(resident_kilobytes(files[0]), 0u);
  ASSERT_TRUE(read_world(*databases));
  EXPECT_EQ(resident_kilobytes(files[0]), 0u);
}

TEST(GeoDatabase, PlacesACountryAtItsMiddle) {
  const auto world = read({"fixture-country.mmdb"});
  const auto france = geo::country_centroid({'F', 'R'}).value();
  const auto database = GeoDatabase::open(kFixture / "fixture-country.mmdb").value();
  const auto entry = database.find(parse_address("134.157.1.1").value());
  ASSERT_TRUE(entry && entry->place.coordinates);
  EXPECT_DOUBLE_EQ(entry->place.coordinates->latitude, france.latitude);
}

TEST(GeoDatabase, KnowsSubdivisionsAndContinents) {
  for (const auto* file : {"fixture-flat-ipv4.mmdb", "fixture-nested.mmdb"}) {
    const auto world = read({file});
    const auto number = RangeTable4(world.v4).find(0x80200101).value;  // 128.32.1.1, Berkeley
    const auto& place = world.places.places()[number];
    EXPECT_EQ(world.places.subdivisions()[place.subdivision], "US-CA") << file;
    EXPECT_EQ(place.continent, (std::array{'N', 'A'})) << file;
    const auto entry =
        GeoDatabase::open(kFixture / file)->find(parse_address("128.32.1.1").value());
    ASSERT_TRUE(entry);
    EXPECT_EQ(entry->subdivision, "US-CA");
  }
}

TEST(GeoDatabase, KnowsAutonomousSystemsInBothForms) {
  for (const auto* file : {"fixture-asn.mmdb", "fixture-asn.csv"}) {
    SCOPED_TRACE(file);
    const auto world = read({"fixture-nested.mmdb", file});
    EXPECT_EQ(RangeTable4(world.asn4).find(0x869d0101).value, 1307u);  // 134.157.1.1
    EXPECT_EQ(RangeTable4(world.asn4).find(0xc0000201).value, 0u);
    const auto inside = parse_address("2001:660::1").value();
    EXPECT_EQ(RangeTable6(world.asn6).find(key_of<U128>(inside)).value, 2200u);
    EXPECT_EQ(place_of(world, "134.157.1.1"), "FR 48.85 2.36");
    const auto database = GeoDatabase::open(kFixture / file).value();
    const auto entry = database.find(parse_address("134.157.1.1").value());
    ASSERT_TRUE(entry);
    EXPECT_EQ(entry->asn, 1307u);
    EXPECT_EQ(entry->asn_name, "Paris Campus Network");
    EXPECT_FALSE(entry->place.is_known());
  }
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
  EXPECT_EQ(open_databases({kFixture})->size(), 6u);
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
      const auto layer = database->read();
      if (layer) {
        EXPECT_EQ(layer->v4.starts[0], 0u);
      }
    }
  }
}

}  // namespace
}  // namespace meridian
