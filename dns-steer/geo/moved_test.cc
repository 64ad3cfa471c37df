#include "dns-steer/geo/moved.h"

#include <gtest/gtest.h>

namespace meridian::dns {
namespace {

const std::vector<geo::Coordinates> kLocations{{50, 8}, {40, -74}};

/// Quarters of the IPv4 space: at the first or second location, or unknown.
World quarters(const char* where) {
  World world;
  const auto first = world.places.add({kLocations[0], {'D', 'E'}});
  const auto second = world.places.add({kLocations[1], {'U', 'S'}});
  for (std::uint32_t i = 0; i < 4; ++i)
    world.v4.append(i << 30, where[i] == '1'   ? first
                             : where[i] == '2' ? second
                                               : PlaceList::kUnknown);
  return world;
}

double moved(const char* before, const char* after) {
  const auto world = quarters(after);
  return moved_share(compile_places(quarters(before), kLocations, {}),
                     compile_places(world, kLocations, {}), world)
      .v4;
}

TEST(MovedShare, CountsAddressesThatALocationLoses) {
  EXPECT_DOUBLE_EQ(moved("1212", "1212"), 0);
  EXPECT_DOUBLE_EQ(moved("1212", "1112"), 0.25);
  EXPECT_DOUBLE_EQ(moved("1212", "2121"), 1);
}

TEST(MovedShare, LeavesOutWhatNobodyPlaces) {
  EXPECT_DOUBLE_EQ(moved("1?1?", "2?1?"), 0.5);
  EXPECT_DOUBLE_EQ(moved("????", "????"), 0);
}

// A database that lost half of its contents: unknown clients go to the first location by name.
TEST(MovedShare, CountsWhatIsNotPlacedAnyMoreWhereItMoves) {
  EXPECT_DOUBLE_EQ(moved("2222", "22??"), 0.5);
  EXPECT_DOUBLE_EQ(moved("1111", "11??"), 0);
}

TEST(MovedShare, CountsWhatARestrictionDoes) {
  RankingRule rule;
  rule.overrides.push_back(
      {.countries = {{'U', 'S'}}, .locations = {0}, .action = OverrideAction::deny});
  const auto world = quarters("1222");
  const auto share = moved_share(compile_places(quarters("1122"), kLocations, rule),
                                 compile_places(world, kLocations, rule), world);
  EXPECT_DOUBLE_EQ(share.v4, 0.25);
  EXPECT_DOUBLE_EQ(share.v6, 0);
  EXPECT_DOUBLE_EQ(share.most(), 0.25);
}

}  // namespace
}  // namespace meridian::dns
