#include "geoip-data/database/place.h"

#include <algorithm>
#include <map>
#include <random>

#include <gtest/gtest.h>

#include "dns-steer/geo/ranking.h"

namespace meridian::dns {
namespace {

constexpr geo::Coordinates kParis{48.8566, 2.3522};
constexpr geo::Coordinates kNewYork{40.7128, -74.0060};
constexpr geo::Coordinates kSingapore{1.3521, 103.8198};

TEST(Distance, IsAlongAGreatCircle) {
  EXPECT_NEAR(distance_km(kParis, kNewYork), 5837, 10);
  EXPECT_NEAR(distance_km(kParis, kSingapore), 10'730, 20);
  EXPECT_DOUBLE_EQ(distance_km(kParis, kParis), 0);
  EXPECT_NEAR(distance_km({0, 179}, {0, -179}), 222.4, 0.1);
  EXPECT_NEAR(distance_km({90, 0}, {-90, 0}), 20'015, 1);
}

TEST(PlaceList, HasOneNumberForWhatIsUnknown) {
  PlaceList list;
  EXPECT_EQ(list.add({}), PlaceList::kUnknown);
  EXPECT_EQ(list.add({.continent = {'E', 'U'}}), PlaceList::kUnknown);
  EXPECT_NE(list.add({kParis, {'F', 'R'}}), PlaceList::kUnknown);
  EXPECT_NE(list.add({std::nullopt, {'F', 'R'}}), PlaceList::kUnknown);
  EXPECT_EQ(list.places().size(), 3u);
}

TEST(PlaceList, HoldsEachSubdivisionOnce) {
  PlaceList list;
  EXPECT_EQ(list.add_subdivision(""), 0u);
  const auto california = list.add_subdivision("US-CA");
  EXPECT_EQ(list.add_subdivision("US-CA"), california);
  EXPECT_EQ(list.subdivisions()[california], "US-CA");
}

TEST(World, AddsWhatALayerKnowsWhereNothingIsKnownYet) {
  Layer cities{.records = {{}, {{kParis, {'F', 'R'}, {}, 1}}},
               .subdivisions = {"", "FR-IDF"},
               .v4 = {{0, 10, 20}, {0, 1, 0}}};
  Layer countries{.records = {{}, {{std::nullopt, {'F', 'R'}}}, {{std::nullopt, {'D', 'E'}}}},
                  .subdivisions = {""},
                  .v4 = {{0, 5, 15}, {0, 1, 2}}};
  Layer networks{.records = {{}, {{}, 64'496}}, .subdivisions = {""}, .v4 = {{0, 7}, {0, 1}}};
  World world;
  world.add(cities);
  world.add(countries);
  world.add(networks);
  EXPECT_EQ(world.v4.starts, (TableVector<std::uint32_t>{0, 5, 10, 20}));
  EXPECT_EQ(world.v4.values, (TableVector<std::uint32_t>{0, 2, 1, 3}));
  EXPECT_EQ(world.asn4.starts, (TableVector<std::uint32_t>{0, 7}));
  EXPECT_EQ(world.asn4.values, (TableVector<std::uint32_t>{0, 64'496}));
  EXPECT_EQ(world.places.subdivisions()[world.places.places()[1].subdivision], "FR-IDF");
}

TEST(Overlay, FillsOnlyWhatIsUnknown) {
  const PlaceRanges<std::uint32_t> first{{0, 10, 20}, {0, 1, 0}};
  const PlaceRanges<std::uint32_t> second{{0, 5, 15, 30}, {2, 3, 4, 0}};
  const auto both = overlay(first, second);
  EXPECT_EQ(both.starts, (TableVector<std::uint32_t>{0, 5, 10, 20, 30}));
  EXPECT_EQ(both.values, (TableVector<std::uint32_t>{2, 3, 1, 4, 0}));
}

std::vector<LocationId> rank(const Place& place, const std::vector<geo::Coordinates>& locations,
                             const std::vector<LocationId>& preferred) {
  Ranker ranker(locations);
  const auto order = ranker.rank(place, preferred);
  return {order.begin(), order.end()};
}

TEST(Ranker, PutsTheNearestFirst) {
  const std::vector<geo::Coordinates> locations{kNewYork, kParis, kSingapore};
  const Place london{geo::Coordinates{51.5, -0.1}, {'G', 'B'}};
  EXPECT_EQ(rank(london, locations, {}), (std::vector<LocationId>{1, 0, 2}));
  EXPECT_EQ(rank({}, locations, {}), (std::vector<LocationId>{0, 1, 2}));
  EXPECT_TRUE(rank(london, {}, {}).empty());
}

TEST(Ranker, PutsPreferredLocationsBeforeNearOnes) {
  const std::vector<geo::Coordinates> locations{kNewYork, kParis, kSingapore};
  EXPECT_EQ(rank({kParis, {}}, locations, {2, 0, 2}), (std::vector<LocationId>{2, 0, 1}));
}

// Whatever was ranked before, the order is that of the distances.
TEST(Ranker, OrdersAsDistancesDo) {
  for (const std::size_t count : {1, 2, 7, 40, 300}) {
    std::mt19937_64 random(count);
    const auto anywhere = [&] {
      return geo::Coordinates{static_cast<double>(random() % 180) - 90,
                              static_cast<double>(random() % 360) - 180};
    };
    std::vector<geo::Coordinates> locations(count);
    for (auto& location : locations) location = anywhere();
    if (count > 1) locations[1] = locations[0];
    Ranker ranker(locations);
    for (int i = 0; i < 200; ++i) {
      const auto client = anywhere();
      const auto order = ranker.rank({client, {'A', static_cast<char>('A' + random() % 3)}});
      ASSERT_EQ(order.size(), count);
      for (std::size_t k = 1; k < count; ++k) {
        const auto nearer = distance_km(client, locations[order[k - 1]]);
        const auto farther = distance_km(client, locations[order[k]]);
        ASSERT_LE(nearer, farther + 1e-3);
        if (locations[order[k - 1]].latitude == locations[order[k]].latitude &&
            locations[order[k - 1]].longitude == locations[order[k]].longitude) {
          ASSERT_LT(order[k - 1], order[k]);
        }
      }
    }
  }
}

TEST(RankingList, HoldsEachRankingOnce) {
  RankingList list;
  std::map<std::vector<LocationId>, std::uint32_t> model;
  std::mt19937_64 random(1);
  for (int i = 0; i < 3000; ++i) {
    std::vector<LocationId> ranking(random() % 4);
    for (auto& one : ranking) one = static_cast<LocationId>(random() % 8);
    const auto number = list.add(ranking);
    ASSERT_EQ(model.try_emplace(ranking, number).first->second, number);
  }
  ASSERT_EQ(list.size(), model.size());
  for (const auto& [ranking, number] : model)
    ASSERT_TRUE(std::ranges::equal(list.at(number).locations, ranking));
  EXPECT_NE(list.add(std::vector<LocationId>{1}, 3), list.add(std::vector<LocationId>{1}, 4));
  EXPECT_EQ(list.at(list.add(std::vector<LocationId>{1}, 3)).restriction, 3u);
}

}  // namespace
}  // namespace meridian::dns
