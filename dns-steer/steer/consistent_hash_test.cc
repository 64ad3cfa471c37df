#include <map>

#include <gtest/gtest.h>

#include "dns-steer/steer/policy.h"
#include "dns-steer/steer/test_fleet.h"

namespace meridian::dns {
namespace {

using testing::FleetFixture;

/// `locations` places with an edge each; clients are led by hash.
FleetFixture many_places(std::size_t locations, std::vector<std::uint32_t> weights = {}) {
  FleetFixture fixture;
  fixture.fleet.locations.clear();
  for (std::size_t i = 0; i < locations; ++i) {
    const auto name = std::to_string(i);
    fixture.fleet.locations.push_back({"place-" + name, {}});
    fixture.edge("edge-" + name, static_cast<LocationId>(i),
                 {IpAddress::v4(0xc0000000 + static_cast<std::uint32_t>(i)).text()});
  }
  fixture.policy.method = Method::consistent_hash;
  fixture.policy.panic_below = 0;
  for (std::size_t i = 0; i < weights.size(); ++i)
    fixture.policy.members.push_back(
        {.location = static_cast<LocationId>(i), .weight = weights[i]});
  return fixture;
}

IpAddress network(std::uint32_t number) { return IpAddress::v4(0x0b000000 + (number << 8)); }

/// The location of each of `networks` client networks.
std::vector<LocationId> placed(const Fleet& fleet, const HealthView& view, std::uint32_t networks) {
  const HealthTable health(fleet, view);
  std::vector<LocationId> result;
  for (std::uint32_t i = 0; i < networks; ++i)
    result.push_back(choose(fleet, health, 0, Family::v4, network(i)).addresses[0]->location);
  return result;
}

HealthView without(const std::string& edge) {
  HealthView view;
  view.edges[edge].up = false;
  return view;
}

TEST(ConsistentHash, KeepsEachNetworkWhole) {
  auto fixture = many_places(7);
  const auto& fleet = fixture.finish();
  const HealthTable health(fleet, {});
  for (std::uint32_t i = 0; i < 100; ++i) {
    const auto first = choose(fleet, health, 0, Family::v4, network(i));
    EXPECT_EQ(first.scope, 24);
    const auto last =
        choose(fleet, health, 0, Family::v4, IpAddress::v4(network(i).v4_value() + 255));
    EXPECT_EQ(first.addresses[0], last.addresses[0]);
  }
  const auto six = choose(fleet, health, 0, Family::v4, parse_address("2001:db8::1").value());
  EXPECT_EQ(six.scope, 56);
}

TEST(ConsistentHash, GivesSharesByWeight) {
  auto fixture = many_places(3, {5, 3, 2});
  std::map<LocationId, double> shares;
  for (const auto location : placed(fixture.finish(), {}, 20000)) shares[location] += 1.0 / 20000;
  EXPECT_NEAR(shares[0], 0.5, 0.015);
  EXPECT_NEAR(shares[1], 0.3, 0.015);
  EXPECT_NEAR(shares[2], 0.2, 0.015);
}

/// Losing `lost` moves its own networks, and no other.
void expect_only_moved_from(const std::vector<LocationId>& before,
                            const std::vector<LocationId>& after, LocationId lost, double most) {
  double moved = 0;
  for (std::size_t i = 0; i < before.size(); ++i) {
    if (before[i] == after[i]) continue;
    EXPECT_EQ(before[i], lost);
    moved += 1.0 / static_cast<double>(before.size());
  }
  EXPECT_GT(moved, 0);
  EXPECT_LT(moved, most);
}

TEST(ConsistentHash, MovesOnlyTheNetworksOfTheMemberThatIsLost) {
  auto fixture = many_places(10);
  const auto& fleet = fixture.finish();
  expect_only_moved_from(placed(fleet, {}, 5000), placed(fleet, without("edge-4"), 5000), 4, 0.13);
  auto weighted = many_places(10, {1, 1, 1, 1, 6, 1, 1, 1, 1, 1});
  const auto& other = weighted.finish();
  expect_only_moved_from(placed(other, {}, 5000), placed(other, without("edge-4"), 5000), 4, 0.43);
}

TEST(ConsistentHash, MovesOnlyTheNetworksOfTheMemberThatIsRemoved) {
  auto fixture = many_places(10, std::vector<std::uint32_t>(10, 1));
  const auto before = placed(fixture.finish(), {}, 5000);
  fixture.policy.members.erase(fixture.policy.members.begin() + 4);
  expect_only_moved_from(before, placed(fixture.finish(), {}, 5000), 4, 0.13);
}

TEST(ConsistentHash, DoesTheSameWithMoreLocationsThanItCanCompare) {
  auto fixture = many_places(600);
  const auto& fleet = fixture.finish();
  ASSERT_FALSE(fleet.ring.empty());
  const auto before = placed(fleet, {}, 20000);
  std::map<LocationId, int> shares;
  for (const auto location : before) ++shares[location];
  EXPECT_EQ(shares.size(), 600u);
  for (const auto& [location, share] : shares) EXPECT_NEAR(share, 33, 33) << location;
  expect_only_moved_from(before, placed(fleet, without("edge-77"), 20000), 77, 2.0 / 600);
}

}  // namespace
}  // namespace meridian::dns
