#include "dns-steer/geo/place_table.h"

#include <algorithm>
#include <random>

#include <gtest/gtest.h>

namespace meridian::dns {
namespace {

const std::vector<geo::Coordinates> kLocations{{48.9, 2.4}, {40.7, -74.0}, {1.4, 103.8}};
constexpr std::array<std::array<char, 2>, 3> kCountries{{{'F', 'R'}, {'U', 'S'}, {'S', 'G'}}};

IpAddress random_address(std::mt19937_64& random) {
  std::array<std::uint8_t, 16> octets{};
  // Few different octets, so that prefixes often hold addresses.
  for (auto& octet : octets) octet = static_cast<std::uint8_t>(random() % 3 * 85);
  if (random() % 2 == 0) return IpAddress::v4(std::span(octets).first<4>());
  return IpAddress::v6(octets);
}

template <class Fill4, class Fill6>
void fill(std::mt19937_64& random, int ranges, Fill4 v4, Fill6 v6) {
  std::vector<IpAddress> starts;
  for (int i = 0; i < ranges; ++i) starts.push_back(random_address(random));
  std::sort(starts.begin(), starts.end());
  for (const auto& start : starts) {
    if (start.is_v4())
      v4(start.v4_value());
    else
      v6(key_of<U128>(start));
  }
}

World random_world(std::mt19937_64& random) {
  World world;
  std::vector<std::uint32_t> places{PlaceList::kUnknown};
  const std::vector<std::uint32_t> subdivisions{0, world.places.add_subdivision("US-CA"),
                                                world.places.add_subdivision("US-NY")};
  for (std::size_t i = 0; i < kLocations.size(); ++i) {
    places.push_back(world.places.add({kLocations[i],
                                       kCountries[random() % 3],
                                       {'E', random() % 2 == 0 ? 'U' : 'V'},
                                       subdivisions[random() % 3]}));
    places.push_back(world.places.add({std::nullopt, kCountries[i]}));
  }
  fill(
      random, 30,
      [&](std::uint32_t start) { world.v4.append(start, places[random() % places.size()]); },
      [&](U128 start) { world.v6.append(start, places[random() % places.size()]); });
  const auto asn = [&] { return static_cast<std::uint32_t>(random() % 4); };
  fill(
      random, 10, [&](std::uint32_t start) { world.asn4.append(start, asn()); },
      [&](U128 start) { world.asn6.append(start, asn()); });
  return world;
}

IpPrefix random_prefix(std::mt19937_64& random) {
  const auto address = random_address(random);
  return prefix_of(address, static_cast<int>(random() % static_cast<unsigned>(address.bits() + 1)));
}

std::vector<Override> random_overrides(std::mt19937_64& random) {
  std::vector<Override> overrides(random() % 4);
  for (auto& one : overrides) {
    for (auto n = random() % 4; n > 0; --n) one.prefixes.push_back(random_prefix(random));
    if (random() % 3 == 0) one.countries.push_back(kCountries[random() % 3]);
    if (random() % 4 == 0) one.asns.push_back(static_cast<std::uint32_t>(1 + random() % 3));
    if (random() % 4 == 0) one.subdivisions.emplace_back(random() % 2 == 0 ? "US-CA" : "US-NY");
    if (random() % 6 == 0) one.continents.push_back({'E', 'U'});
    one.locations.push_back(static_cast<LocationId>(random() % kLocations.size()));
    if (random() % 3 == 0) one.action = OverrideAction::deny;
  }
  return overrides;
}

std::shared_ptr<const PrefixMap> random_prefix_map(std::mt19937_64& random) {
  if (random() % 3 == 0) return nullptr;
  auto map = std::make_shared<PrefixMap>();
  map->lists = {{2}, {1, 0}, {0, 2, 1}};
  for (auto n = random() % 12; n > 0; --n) {
    const auto prefix = random_prefix(random);
    const bool known = std::any_of(map->entries.begin(), map->entries.end(),
                                   [&](const auto& entry) { return entry.prefix == prefix; });
    if (!known) map->entries.push_back({prefix, static_cast<std::uint32_t>(random() % 3)});
  }
  return map;
}

template <class Key>
std::uint32_t value_at(const Ranges<Key>& ranges, Key address) {
  const auto after = std::upper_bound(ranges.starts.begin(), ranges.starts.end(), address);
  return ranges.values[static_cast<std::size_t>(after - ranges.starts.begin()) - 1];
}

struct Expected {
  std::vector<LocationId> ranking;
  std::uint32_t restriction = kNoOverride;
  friend bool operator==(const Expected&, const Expected&) = default;
};

std::vector<LocationId> rank(const Place& place, const std::vector<LocationId>& preferred) {
  Ranker ranker(kLocations);
  const auto order = ranker.rank(place, preferred);
  return {order.begin(), order.end()};
}

/// What compile_places() must have arrived at, decided for one address alone.
Expected expected(const World& world, const RankingRule& rule, const IpAddress& address) {
  const auto either = [&](const auto& v4, const auto& v6) {
    return address.is_v4() ? value_at(v4, address.v4_value()) : value_at(v6, key_of<U128>(address));
  };
  const auto& place = world.places.places()[either(world.v4, world.v6)];
  const ClientFacts client{address, place, world.places.subdivisions()[place.subdivision],
                           either(world.asn4, world.asn6)};
  Expected result;
  std::vector<LocationId> preferred;
  for (std::uint32_t i = 0; i < rule.overrides.size(); ++i) {
    const auto& one = rule.overrides[i];
    if (!matched_by(one, client)) continue;
    if (one.restricts())
      result.restriction = i;
    else
      preferred = one.locations;
    break;
  }
  const PrefixMap::Entry* longest = nullptr;
  if (rule.prefix_map) {
    for (const auto& entry : rule.prefix_map->entries) {
      if (entry.prefix.contains(address) &&
          (longest == nullptr || entry.prefix.length > longest->prefix.length))
        longest = &entry;
    }
  }
  if (longest != nullptr) {
    const auto& list = rule.prefix_map->lists[longest->list];
    preferred.insert(preferred.end(), list.begin(), list.end());
  }
  result.ranking = rank(place, preferred);
  return result;
}

TEST(PlaceTable, AnswersAsIfEachAddressWereDecidedAlone) {
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    std::mt19937_64 random(seed);
    const auto world = random_world(random);
    const RankingRule rule{.overrides = random_overrides(random),
                           .prefix_map = random_prefix_map(random)};
    const auto table = compile_places(world, kLocations, rule);
    for (int i = 0; i < 200; ++i) {
      const auto client = random_address(random);
      const auto hit = table.find(client);
      const auto wanted = expected(world, rule, client);
      const Expected found{{hit.ranking.begin(), hit.ranking.end()}, hit.restriction};
      ASSERT_EQ(found, wanted) << client.text();
      // Anybody else inside the scope gets the same.
      const auto scope = prefix_of(client, hit.scope);
      for (int j = 0; j < 20; ++j) {
        const auto other = random_address(random);
        if (!scope.contains(other)) continue;
        ASSERT_EQ(expected(world, rule, other), wanted) << client.text() << " " << other.text();
        ASSERT_EQ(table.find(other).scope, hit.scope);
      }
    }
  }
}

TEST(PlaceTable, HasOneScopeForTheWholeWorldWhenNothingIsKnown) {
  const auto table = compile_places(World{}, kLocations, {});
  const auto hit = table.find(parse_address("192.0.2.1").value());
  EXPECT_EQ(hit.scope, 0);
  EXPECT_EQ(hit.ranking[0], 0);
  EXPECT_EQ(table.ranges(), 2u);
}

TEST(PlaceTable, LetsTheFirstOverrideWin) {
  const std::vector<Override> overrides{{{parse_prefix("10.1.0.0/16").value()}, {}, {2}},
                                        {{parse_prefix("10.0.0.0/8").value()}, {}, {1}}};
  const auto table = compile_places(World{}, kLocations, {.overrides = overrides});
  const auto first = [&](const char* client) {
    return table.find(parse_address(client).value()).ranking[0];
  };
  EXPECT_EQ(first("10.1.2.3"), 2);
  EXPECT_EQ(first("10.2.2.3"), 1);
  EXPECT_EQ(first("11.2.2.3"), 0);
  EXPECT_EQ(table.find(parse_address("10.1.2.3").value()).scope, 16);
}

TEST(PlaceTable, RanksOnlyWhatIsPreferredForAPolicyWithAnOrderOfItsOwn) {
  const std::vector<Override> overrides{
      {.prefixes = {parse_prefix("10.1.0.0/16").value()}, .locations = {2}},
      {.prefixes = {parse_prefix("10.0.0.0/8").value()},
       .locations = {1},
       .action = OverrideAction::allow_only}};
  World world;
  world.v4.append(0x0b000000, world.places.add({kLocations[1], {'U', 'S'}}));
  const auto table =
      compile_places(world, kLocations, {.by = RankBy::nothing, .overrides = overrides});
  const auto preferred = table.find(parse_address("10.1.2.3").value());
  EXPECT_EQ(std::vector(preferred.ranking.begin(), preferred.ranking.end()),
            std::vector<LocationId>{2});
  EXPECT_EQ(preferred.restriction, kNoOverride);
  const auto restricted = table.find(parse_address("10.2.2.3").value());
  EXPECT_TRUE(restricted.ranking.empty());
  EXPECT_EQ(restricted.restriction, 1u);
  // Places make no difference to it: what lies around the overrides is one range.
  EXPECT_EQ(table.find(parse_address("200.0.0.1").value()).scope, 1);
}

TEST(PlaceTable, ServesWithoutAnyLocation) {
  const auto table = compile_places(World{}, {}, {});
  EXPECT_TRUE(table.find(parse_address("192.0.2.1").value()).ranking.empty());
}

}  // namespace
}  // namespace meridian::dns
