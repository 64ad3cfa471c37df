#include "dns-steer/steer/load.h"

#include <algorithm>
#include <array>
#include <map>
#include <random>

#include <gtest/gtest.h>

#include "dns-steer/steer/policy.h"
#include "dns-steer/steer/test_fleet.h"

namespace meridian::dns {
namespace {

using testing::FleetFixture;

FleetFixture three_places() {
  FleetFixture fixture;
  fixture.edge("edge-fra", 0, {"192.0.2.1"})
      .edge("edge-nyc", 1, {"192.0.2.2"})
      .edge("edge-sin", 2, {"192.0.2.3"});
  return fixture;
}

HealthView down(const std::string& edge) {
  HealthView view;
  view.edges[edge].up = false;
  return view;
}

/// Every policy has locations that keep these shares of their clients.
LoadTable keeping(const Fleet& fleet, const std::vector<double>& shares) {
  LoadTable load;
  load.plan_of.assign(fleet.policies.size(), 0);
  load.plans.resize(1);
  for (const double share : shares)
    load.plans[0].kept.push_back(static_cast<std::uint32_t>(share * kWholeShare));
  load.capacities.assign(fleet.locations.size(), 1);
  for (const auto& location : fleet.locations) load.hashes.push_back(location.hash);
  return load;
}

/// Where the location is lost, others take these parts of its clients.
void lose(LoadTable& load, LocationId location, const std::vector<float>& takes) {
  LossPlan loss{.location = location, .age = 0, .takes = {}, .weights = takes};
  for (const float part : takes)
    loss.takes.push_back(static_cast<std::uint32_t>(part * kWholeShare));
  load.plans[0].losses.push_back(loss);
}

std::string chosen(const Fleet& fleet, const HealthView& view, const LoadTable& load,
                   const IpAddress& client) {
  const HealthTable health(fleet, view);
  const auto choice = choose(fleet, health, 0, Family::v4, client, {}, load);
  std::string text;
  for (const auto* candidate : choice.all())
    text += (text.empty() ? "" : " ") + fleet.edges[candidate->edge].name.substr(5);
  return text;
}

constexpr std::uint32_t kNetworks = 250;  // of the /16 of Frankfurt
IpAddress in_frankfurt(std::uint32_t network) { return IpAddress::v4(0x0a000000 + (network << 8)); }

std::map<std::string, double> parts(const Fleet& fleet, const HealthView& view,
                                    const LoadTable& load) {
  std::map<std::string, double> parts;
  for (std::uint32_t i = 0; i < kNetworks; ++i) ++parts[chosen(fleet, view, load, in_frankfurt(i))];
  for (auto& [answer, part] : parts) part /= kNetworks;
  return parts;
}

TEST(LoadStep, LeadsAShareOfAFullLocationToTheNextBest) {
  auto fixture = three_places();
  const auto& fleet = fixture.finish();
  const auto share = parts(fleet, {}, keeping(fleet, {0.6, 1, 1}));
  EXPECT_NEAR(share.at("fra"), 0.6, 0.1);
  EXPECT_NEAR(share.at("nyc"), 0.4, 0.1);
  const auto further = parts(fleet, {}, keeping(fleet, {0, 0.5, 1}));
  EXPECT_NEAR(further.at("nyc"), 0.5, 0.1);
  EXPECT_NEAR(further.at("sin"), 0.5, 0.1);
}

TEST(LoadStep, NarrowsScopesOnlyForClientsOfAFullLocation) {
  auto fixture = three_places();
  const auto& fleet = fixture.finish();
  const auto load = keeping(fleet, {0.6, 1, 1});
  const HealthTable health(fleet, {});
  const auto scope = [&](const char* client) {
    return choose(fleet, health, 0, Family::v4, parse_address(client).value(), {}, load).scope;
  };
  EXPECT_EQ(scope("10.0.7.7"), 24);
  EXPECT_EQ(scope("10.1.7.7"), 16);
}

TEST(LoadStep, SpreadsByCapacityWhomNobodyHasRoomFor) {
  auto fixture = three_places();
  const auto& fleet = fixture.finish();
  auto load = keeping(fleet, {0, 0, 0});
  load.capacities = {1, 1, 2};
  const auto share = parts(fleet, {}, load);
  EXPECT_NEAR(share.at("fra"), 0.25, 0.1);
  EXPECT_NEAR(share.at("sin"), 0.5, 0.1);
}

TEST(LoadStep, SpreadsClientsOfALostLocationOverThoseWithRoom) {
  auto fixture = three_places();
  const auto& fleet = fixture.finish();
  auto load = keeping(fleet, {1, 1, 1});
  lose(load, 0, {0, 0.25, 1});
  const auto share = parts(fleet, down("edge-fra"), load);
  EXPECT_NEAR(share.at("nyc"), 0.25, 0.1);
  EXPECT_NEAR(share.at("sin"), 0.75, 0.1);
  EXPECT_EQ(chosen(fleet, down("edge-fra"), load, parse_address("10.1.0.1").value()), "nyc");
}

TEST(LoadStep, GivesFurtherAnswersFirstWhereThereIsRoom) {
  auto fixture = three_places();
  fixture.policy.answers = 3;
  const auto& fleet = fixture.finish();
  const auto load = keeping(fleet, {0, 1, 1});
  EXPECT_EQ(chosen(fleet, {}, load, in_frankfurt(1)), "nyc sin fra");
  EXPECT_EQ(chosen(fleet, {}, keeping(fleet, {1, 0, 1}), in_frankfurt(1)), "fra sin nyc");
}

TEST(LoadStep, LeadsNobodyWhereAnOverrideForbids) {
  auto fixture = three_places();
  fixture.policy.overrides = {{.prefixes = {parse_prefix("10.0.0.0/16").value()},
                               .locations = {0, 2},
                               .action = OverrideAction::allow_only}};
  const auto& fleet = fixture.finish();
  EXPECT_EQ(parts(fleet, {}, keeping(fleet, {0, 1, 1})),
            (std::map<std::string, double>{{"sin", 1}}));
  EXPECT_EQ(parts(fleet, {}, keeping(fleet, {0, 1, 0})).count("nyc"), 0u);
}

/// A failover list: the policy that is nearest of Frankfurt and New York, then Singapore.
FleetFixture nested() {
  auto fixture = three_places();
  Policy list;
  list.name = "list";
  list.method = Method::failover;
  list.members = {{.policy = 1}, {.location = 2}};
  Policy nearest;
  nearest.name = "nearest";
  nearest.members = {{.location = 0}, {.location = 1}};
  fixture.fleet.policies = {list, nearest};
  return fixture;
}

TEST(LoadStep, StaysInsideANestedPolicyAsLongAsThereIsRoom) {
  auto fixture = nested();
  const auto& fleet = fixture.finish_policies();
  EXPECT_EQ(parts(fleet, {}, keeping(fleet, {0, 1, 1})),
            (std::map<std::string, double>{{"nyc", 1}}));
  EXPECT_EQ(parts(fleet, {}, keeping(fleet, {0, 0, 1})),
            (std::map<std::string, double>{{"sin", 1}}));
  auto load = keeping(fleet, {1, 1, 1});
  lose(load, 0, {0, 0.25, 1});
  const auto share = parts(fleet, down("edge-fra"), load);
  EXPECT_NEAR(share.at("nyc"), 0.25, 0.1);
  EXPECT_NEAR(share.at("sin"), 0.75, 0.1);
}

TEST(LoadStep, LeadsNobodyToAMemberOfWeightZero) {
  auto fixture = three_places();
  fixture.policy.method = Method::weighted;
  fixture.policy.members = {{.location = 0}, {.location = 1, .weight = 0}};
  const auto& fleet = fixture.finish();
  EXPECT_EQ(parts(fleet, {}, keeping(fleet, {0, 1, 1})),
            (std::map<std::string, double>{{"fra", 1}}));
}

TEST(LoadStep, PlansForALostNestedPolicyToo) {
  auto fixture = nested();
  fixture.fleet.policies[1].members = {{.location = 0}};
  fixture.fleet.policies[0].members.push_back({.location = 1});
  const auto& fleet = fixture.finish_policies();
  auto load = keeping(fleet, {1, 1, 1});
  lose(load, 0, {0, 1, 0.25});
  const auto share = parts(fleet, down("edge-fra"), load);
  EXPECT_NEAR(share.at("sin"), 0.25, 0.1);
  EXPECT_NEAR(share.at("nyc"), 0.75, 0.1);
}

// Whatever load says: as many answers as without it, for all clients of a scope the same.
TEST(LoadStep, TakesNoAnswerAwayAndTellsTrueScopes) {
  constexpr std::array kMethods{Method::proximity, Method::failover, Method::weighted,
                                Method::round_robin};
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    SCOPED_TRACE(::testing::Message() << "seed " << seed);
    std::mt19937_64 random(seed);
    auto fixture = three_places();
    fixture.edge("edge-fra-2", 0, {"192.0.2.4"}).edge("edge-sin-2", 2, {"192.0.2.5"});
    fixture.policy.method = kMethods[random() % kMethods.size()];
    fixture.policy.answers = 1 + random() % 5;
    fixture.policy.distinct_locations = random() % 2 == 0;
    fixture.policy.members = {{.location = 0}, {.location = 1}, {.location = 2}};
    const auto& fleet = fixture.finish();
    std::vector<double> kept;
    std::vector<float> takes;
    for (int i = 0; i < 3; ++i) {
      kept.push_back(static_cast<double>(random() % 3) / 2);
      takes.push_back(static_cast<float>(random() % 3) / 2);
    }
    auto load = keeping(fleet, kept);
    if (random() % 2 == 0) lose(load, static_cast<LocationId>(random() % 3), takes);
    HealthView view;
    for (const auto& edge : fleet.edges) view.edges[edge.name].up = random() % 3 != 0;
    const HealthTable health(fleet, view);
    const Chance chance{.random = random(), .turn = static_cast<std::uint32_t>(random())};
    const auto client = static_cast<std::uint32_t>(0x0a000000 + random() % 0x40000);
    const auto ask = [&](std::uint32_t address, const LoadTable& with) {
      return choose(fleet, health, 0, Family::v4, IpAddress::v4(address), chance, with);
    };
    const auto plain = ask(client, kNoLoad);
    const auto led = ask(client, load);
    ASSERT_EQ(led.count, plain.count);
    for (std::size_t i = 0; i < led.count; ++i)
      EXPECT_EQ(std::count(led.all().begin(), led.all().end(), led.all()[i]), 1);
    for (int i = 0; i < 50; ++i) {
      const auto mask = led.scope == 0 ? 0 : ~std::uint32_t{0} << (32 - led.scope);
      const auto neighbour = (client & mask) | (static_cast<std::uint32_t>(random()) & ~mask);
      const auto other = ask(neighbour, load);
      ASSERT_TRUE(
          std::equal(led.all().begin(), led.all().end(), other.all().begin(), other.all().end()));
    }
  }
}

}  // namespace
}  // namespace meridian::dns
