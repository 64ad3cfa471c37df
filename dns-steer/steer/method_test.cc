#include <map>
#include <random>

#include <gtest/gtest.h>

#include "dns-steer/steer/policy.h"
#include "dns-steer/steer/test_fleet.h"

namespace meridian::dns {
namespace {

using testing::FleetFixture;

HealthView down(const std::vector<std::string>& edges) {
  HealthView view;
  for (const auto& edge : edges) view.edges[edge] = {false, "connection refused", {}};
  return view;
}

std::string text_of(const Choice& choice) {
  std::string text;
  for (const auto* candidate : choice.all())
    text += (text.empty() ? "" : " ") + candidate->address.text();
  return text;
}

std::string chosen(const Fleet& fleet, const HealthView& view, const std::string& client,
                   Chance chance = {}) {
  const HealthTable health(fleet, view);
  return text_of(choose(fleet, health, 0, Family::v4, parse_address(client).value(), chance));
}

int scope(const Fleet& fleet, const std::string& client, Chance chance = {}) {
  const HealthTable health(fleet, {});
  return choose(fleet, health, 0, Family::v4, parse_address(client).value(), chance).scope;
}

/// fra 192.0.2.1, nyc 192.0.2.2, sin 192.0.2.3; a policy with this method.
FleetFixture three_places(Method method, std::vector<Member> members = {}) {
  FleetFixture fixture;
  fixture.edge("edge-fra", 0, {"192.0.2.1"})
      .edge("edge-nyc", 1, {"192.0.2.2"})
      .edge("edge-sin", 2, {"192.0.2.3"});
  fixture.policy.method = method;
  fixture.policy.members = std::move(members);
  fixture.policy.panic_below = 0;
  return fixture;
}

Member at(LocationId location, std::uint32_t weight = 1) {
  return {.location = location, .weight = weight};
}
Member below(std::uint32_t policy, std::uint32_t weight = 1) {
  return {.policy = policy, .weight = weight};
}

TEST(Proximity, RanksItsMembersOnly) {
  auto fixture = three_places(Method::proximity, {at(2), at(1)});
  fixture.policy.answers = 3;
  EXPECT_EQ(chosen(fixture.finish(), {}, "10.0.0.1"), "192.0.2.2 192.0.2.3");
}

TEST(Proximity, HasWiderScopesWhereItsMembersAreFewer) {
  auto fixture = three_places(Method::proximity, {at(2)});
  EXPECT_EQ(scope(fixture.finish(), "10.0.0.1"), 0);
}

TEST(Failover, LeadsEverybodyToTheFirstMemberThatIsHealthy) {
  auto fixture = three_places(Method::failover, {at(1), at(2), at(0)});
  const auto& fleet = fixture.finish();
  for (const auto* client : {"10.0.0.1", "10.2.0.1", "203.0.113.1"}) {
    EXPECT_EQ(chosen(fleet, {}, client), "192.0.2.2");
    EXPECT_EQ(chosen(fleet, down({"edge-nyc"}), client), "192.0.2.3");
    EXPECT_EQ(chosen(fleet, down({"edge-nyc", "edge-sin"}), client), "192.0.2.1");
  }
}

TEST(Failover, IsTheSameForTheWholeWorld) {
  auto fixture = three_places(Method::failover, {at(1), at(2)});
  EXPECT_EQ(scope(fixture.finish(), "10.0.0.1"), 0);
}

TEST(Failover, PutsWhatAnOverridePrefersFirst) {
  auto fixture = three_places(Method::failover, {at(1), at(2), at(0)});
  fixture.policy.answers = 3;
  fixture.policy.overrides = {
      {.prefixes = {parse_prefix("10.0.0.0/16").value()}, .locations = {0}}};
  const auto& fleet = fixture.finish();
  EXPECT_EQ(chosen(fleet, {}, "10.0.0.1"), "192.0.2.1 192.0.2.2 192.0.2.3");
  EXPECT_EQ(chosen(fleet, {}, "10.1.0.1"), "192.0.2.2 192.0.2.3 192.0.2.1");
  EXPECT_EQ(scope(fleet, "10.0.0.1"), 16);
}

TEST(RoundRobin, BeginsEachAnswerOneMemberFurther) {
  auto fixture = three_places(Method::round_robin);
  fixture.policy.answers = 2;
  const auto& fleet = fixture.finish();
  const std::vector<std::string> expected{"192.0.2.1 192.0.2.2", "192.0.2.2 192.0.2.3",
                                          "192.0.2.3 192.0.2.1", "192.0.2.1 192.0.2.2"};
  for (std::uint32_t turn = 0; turn < 4; ++turn)
    EXPECT_EQ(chosen(fleet, {}, "10.0.0.1", {.turn = turn}), expected[turn]);
  EXPECT_EQ(scope(fleet, "10.0.0.1"), 0);
}

TEST(RoundRobin, GoesOnInALocationWhenTheRoundIsThrough) {
  auto fixture = three_places(Method::round_robin, {at(0), at(1)});
  fixture.edge("second-fra", 0, {"192.0.2.11"});
  const auto& fleet = fixture.finish();
  const std::vector<std::string> expected{"192.0.2.1", "192.0.2.2", "192.0.2.11", "192.0.2.2"};
  for (std::uint32_t turn = 0; turn < 4; ++turn)
    EXPECT_EQ(chosen(fleet, {}, "10.0.0.1", {.turn = turn}), expected[turn]);
}

TEST(RoundRobin, TakesTurnsAmongThoseThatARestrictedClientMayHave) {
  auto fixture = three_places(Method::round_robin);
  fixture.policy.overrides = {{.prefixes = {parse_prefix("10.0.0.0/16").value()},
                               .locations = {1},
                               .action = OverrideAction::deny}};
  const auto& fleet = fixture.finish();
  std::map<std::string, int> shares;
  for (std::uint32_t turn = 0; turn < 100; ++turn)
    ++shares[chosen(fleet, {}, "10.0.0.1", {.turn = turn})];
  EXPECT_EQ(shares, (std::map<std::string, int>{{"192.0.2.1", 50}, {"192.0.2.3", 50}}));
}

TEST(RoundRobin, CountsEachSiteAndFamilyByItself) {
  ChanceSource source(1);
  const auto begin = source.take(0, Family::v4).turn;
  source.take(0, Family::v6);
  source.take(1, Family::v4);
  EXPECT_EQ(source.take(0, Family::v4).turn, begin + 1);
}

/// How often each address comes first.
std::map<std::string, double> shares(const Fleet& fleet, const HealthView& view,
                                     const std::string& client, int draws) {
  const HealthTable health(fleet, view);
  const auto address = parse_address(client).value();
  std::mt19937_64 random(42);
  std::map<std::string, double> result;
  for (int i = 0; i < draws; ++i) {
    const auto choice = choose(fleet, health, 0, Family::v4, address, {.random = random()});
    result[choice.addresses[0]->address.text()] += 1.0 / draws;
  }
  return result;
}

TEST(Weighted, DrawsByWeight) {
  auto fixture = three_places(Method::weighted, {at(0, 5), at(1, 3), at(2, 2)});
  const auto& fleet = fixture.finish();
  constexpr int kDraws = 20000;
  const auto result = shares(fleet, {}, "10.0.0.1", kDraws);
  double chi_square = 0;
  for (const auto& [address, share] :
       std::map<std::string, double>{{"192.0.2.1", .5}, {"192.0.2.2", .3}, {"192.0.2.3", .2}})
    chi_square += kDraws * (result.at(address) - share) * (result.at(address) - share) / share;
  EXPECT_LT(chi_square, 13.8);  // one in a thousand, with two degrees of freedom
  EXPECT_EQ(scope(fleet, "10.0.0.1"), 0);
}

TEST(Weighted, SharesOutWhatALostMemberHad) {
  auto fixture = three_places(Method::weighted, {at(0, 5), at(1, 3), at(2, 2)});
  const auto result = shares(fixture.finish(), down({"edge-fra"}), "10.0.0.1", 20000);
  EXPECT_NEAR(result.at("192.0.2.2"), 0.6, 0.015);
  EXPECT_NEAR(result.at("192.0.2.3"), 0.4, 0.015);
}

TEST(Weighted, KeepsTheSharesOfThoseThatARestrictedClientMayHave) {
  auto fixture = three_places(Method::weighted, {at(0, 5), at(1, 3), at(2, 2)});
  fixture.policy.overrides = {{.prefixes = {parse_prefix("10.0.0.0/16").value()},
                               .locations = {0},
                               .action = OverrideAction::deny}};
  const auto& fleet = fixture.finish();
  const auto result = shares(fleet, {}, "10.0.0.1", 20000);
  EXPECT_NEAR(result.at("192.0.2.2"), 0.6, 0.015);
  EXPECT_FALSE(result.contains("192.0.2.1"));
  EXPECT_EQ(scope(fleet, "10.0.0.1"), 16);
}

TEST(Weighted, SpreadsTheEdgesOfALocationByChance) {
  auto fixture = three_places(Method::weighted, {at(0)});
  fixture.edge("second-fra", 0, {"192.0.2.11"});
  const auto& fleet = fixture.finish();
  EXPECT_NEAR(shares(fleet, {}, "10.0.0.1", 20000).at("192.0.2.11"), 0.5, 0.015);
  EXPECT_EQ(scope(fleet, "10.0.0.1"), 0);
}

TEST(Weighted, LeadsToWeightZeroOnlyWhenNobodyElseIsLeft) {
  auto fixture = three_places(Method::weighted, {at(0, 0), at(1, 3), at(2, 2)});
  fixture.policy.answers = 3;
  const auto& fleet = fixture.finish();
  for (std::uint64_t random = 0; random < 50; ++random)
    EXPECT_EQ(chosen(fleet, {}, "10.0.0.1", {.random = random}).find("192.0.2.1"),
              std::string::npos);
  EXPECT_EQ(chosen(fleet, down({"edge-nyc", "edge-sin"}), "10.0.0.1"), "192.0.2.1");
}

TEST(Answers, AreOfDistinctLocationsWhereThatIsAsked) {
  auto fixture = three_places(Method::proximity);
  fixture.edge("second-fra", 0, {"192.0.2.11"});
  fixture.policy.answers = 2;
  EXPECT_NE(chosen(fixture.finish(), {}, "10.0.0.1").find("192.0.2.11"), std::string::npos);
  fixture.policy.distinct_locations = true;
  const auto& fleet = fixture.finish();
  for (int network = 0; network < 20; ++network) {
    const auto answer = chosen(fleet, {}, "10.0." + std::to_string(network) + ".1");
    EXPECT_TRUE(answer.ends_with(" 192.0.2.2")) << answer;
  }
}

TEST(Answers, StandInAnyOrderWhenShuffled) {
  auto fixture = three_places(Method::proximity);
  fixture.policy.answers = 3;
  fixture.policy.answer_order = AnswerOrder::shuffled;
  const auto& fleet = fixture.finish();
  std::map<std::string, int> orders;
  std::mt19937_64 random(7);
  for (int i = 0; i < 6000; ++i) ++orders[chosen(fleet, {}, "10.0.0.1", {.random = random()})];
  ASSERT_EQ(orders.size(), 6u);
  for (const auto& [order, count] : orders) EXPECT_NEAR(count, 1000, 130) << order;
}

TEST(Answers, NeedNoNarrowScopeWhenAllAreGivenInAnyOrder) {
  auto fixture = three_places(Method::failover, {at(0)});
  fixture.edge("second-fra", 0, {"192.0.2.11"});
  fixture.policy.answers = 2;
  EXPECT_EQ(scope(fixture.finish(), "10.0.0.1"), 24);
  fixture.policy.answer_order = AnswerOrder::shuffled;
  EXPECT_EQ(scope(fixture.finish(), "10.0.0.1"), 0);
}

/// A policy `world` of this method over `europe` (fra) and `others` (nyc, sin).
FleetFixture nested(Method method, Method of_others) {
  auto fixture = three_places(method);
  Policy world = fixture.policy;
  world.name = "world";
  world.members = {below(1), below(2)};
  Policy europe;
  europe.name = "europe";
  europe.members = {at(0)};
  Policy others;
  others.name = "others";
  others.method = of_others;
  others.members = {at(2), at(1)};
  fixture.fleet.policies = {world, europe, others};
  return fixture;
}

TEST(Nesting, PassesUpwardThatNobodyIsHealthy) {
  auto fixture = nested(Method::failover, Method::failover);
  const auto& fleet = fixture.finish_policies();
  EXPECT_EQ(chosen(fleet, {}, "10.1.0.1"), "192.0.2.1");
  EXPECT_EQ(chosen(fleet, down({"edge-fra"}), "10.1.0.1"), "192.0.2.3");
  EXPECT_EQ(chosen(fleet, down({"edge-fra", "edge-sin"}), "10.1.0.1"), "192.0.2.2");
}

TEST(Nesting, AsksForPlacesOnlyWhereThePolicyIsReached) {
  auto fixture = nested(Method::failover, Method::proximity);
  const auto& fleet = fixture.finish_policies();
  const HealthTable healthy(fleet, {});
  const auto client = parse_address("10.2.0.1").value();
  EXPECT_EQ(choose(fleet, healthy, 0, Family::v4, client).scope, 0);
  const HealthTable without_fra(fleet, down({"edge-fra"}));
  EXPECT_EQ(text_of(choose(fleet, without_fra, 0, Family::v4, client)), "192.0.2.3");
  EXPECT_GT(choose(fleet, without_fra, 0, Family::v4, client).scope, 8);
}

TEST(Nesting, AppliesTheOuterOverridesInside) {
  auto fixture = nested(Method::failover, Method::failover);
  fixture.fleet.policies[0].overrides = {{.prefixes = {parse_prefix("10.0.0.0/16").value()},
                                          .locations = {0, 2},
                                          .action = OverrideAction::deny}};
  const auto& fleet = fixture.finish_policies();
  EXPECT_EQ(chosen(fleet, {}, "10.0.0.1"), "192.0.2.2");
  EXPECT_EQ(chosen(fleet, {}, "10.1.0.1"), "192.0.2.1");
  EXPECT_EQ(chosen(fleet, down({"edge-nyc"}), "10.0.0.1"), "192.0.2.2");  // panic among the allowed
}

TEST(Nesting, GoesOnInsideWhenTheRoundIsThrough) {
  auto fixture = nested(Method::round_robin, Method::round_robin);
  const auto& fleet = fixture.finish_policies();
  std::string answers;
  for (std::uint32_t turn = 0; turn < 4; ++turn)
    answers += chosen(fleet, {}, "10.0.0.1", {.turn = turn}).substr(8);
  EXPECT_EQ(answers, "1312");
}

}  // namespace
}  // namespace meridian::dns
