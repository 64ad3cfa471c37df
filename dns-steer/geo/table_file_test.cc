#include "dns-steer/geo/table_file.h"

#include <fstream>
#include <iterator>

#include <gtest/gtest.h>

namespace meridian::dns {
namespace {

class TableFile : public ::testing::Test {
 protected:
  static PlaceTable table() {
    const std::vector<geo::Coordinates> locations{{50, 8}, {40, -74}, {1, 103}};
    RankingRule rule;
    rule.overrides.push_back({.prefixes = {parse_prefix("10.0.0.0/8").value()},
                              .locations = {1},
                              .action = OverrideAction::deny});
    World world;
    world.v4.append(0x20000000, world.places.add({locations[1], {'U', 'S'}}));
    world.v6.append(U128{1} << 120, world.places.add({locations[2], {'S', 'G'}}));
    return compile_places(world, locations, rule);
  }
  std::string read() const {
    std::ifstream in(path_, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  void write(const std::string& bytes) const { std::ofstream(path_, std::ios::binary) << bytes; }

  const std::filesystem::path path_ = std::filesystem::path(testing::TempDir()) / "places.table";
};

TEST_F(TableFile, HoldsTheTable) {
  const auto saved = table();
  ASSERT_TRUE(save_table(path_, "key", saved));
  const auto loaded = load_table(path_, "key");
  ASSERT_TRUE(loaded) << loaded.error().text();
  EXPECT_EQ(loaded->ranges(), saved.ranges());
  for (const auto* text : {"10.1.2.3", "11.0.0.1", "32.0.0.1", "1::", "100::", "ffff::"}) {
    const auto client = parse_address(text).value();
    const auto expected = saved.find(client);
    const auto hit = loaded->find(client);
    EXPECT_TRUE(std::ranges::equal(hit.ranking, expected.ranking)) << text;
    EXPECT_EQ(hit.restriction, expected.restriction) << text;
    EXPECT_EQ(hit.scope, expected.scope) << text;
  }
}

TEST_F(TableFile, IsRefusedWhenItIsOfSomethingElseOrNotWhole) {
  ASSERT_TRUE(save_table(path_, "key", table()));
  EXPECT_EQ(load_table(path_, "other").error().what, "was compiled of something else");
  const auto whole = read();
  for (std::size_t size = 0; size < whole.size(); size += 7) {
    write(whole.substr(0, size));
    EXPECT_FALSE(load_table(path_, "key"));
  }
  for (std::size_t at = 0; at < whole.size(); at += 3) {
    auto damaged = whole;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x40);
    write(damaged);
    EXPECT_FALSE(load_table(path_, "key")) << at;
  }
  std::filesystem::remove(path_);
  EXPECT_FALSE(load_table(path_, "key"));
}

}  // namespace
}  // namespace meridian::dns
