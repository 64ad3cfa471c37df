#include "dns-steer/steer/explain.h"

#include <gtest/gtest.h>

#include "dns-steer/steer/test_fleet.h"

namespace meridian::dns {
namespace {

testing::FleetFixture three_places() {
  testing::FleetFixture fixture;
  fixture.edge("edge-fra", 0, {"192.0.2.1", "2001:db8::1"})
      .edge("edge-nyc", 1, {"192.0.2.2"})
      .edge("edge-sin", 2, {"192.0.2.3"}, true);
  return fixture;
}

v1::ExplainResponse explained(const Fleet& fleet, const HealthView& view, const char* client,
                              bool known = true) {
  const auto address = parse_address(client).value();
  std::optional<GeoDatabase::Entry> entry;
  if (known)
    entry = {{geo::Coordinates{50.1, 8.7}, {'D', 'E'}}, parse_prefix("10.0.0.0/16").value()};
  return explain(fleet, HealthTable(fleet, view), 0, address, entry);
}

TEST(Explain, ShowsPlaceRankingAndAnswer) {
  auto fixture = three_places();
  const auto response = explained(fixture.finish(), {}, "10.0.0.1");
  EXPECT_EQ(response.site(), "shop");
  EXPECT_EQ(response.place().prefix(), "10.0.0.0/16");
  EXPECT_EQ(response.place().country(), "DE");
  EXPECT_EQ(response.ttl().seconds(), 20);
  ASSERT_EQ(response.answer_size(), 2);
  EXPECT_EQ(response.answer(0), "192.0.2.1");
  EXPECT_EQ(response.answer(1), "2001:db8::1");
  ASSERT_EQ(response.ranking_size(), 3);
  EXPECT_EQ(response.ranking(0).node(), "edge-fra");
  EXPECT_TRUE(response.ranking(0).answered());
  EXPECT_EQ(response.ranking(0).distance_km(), 0);
  EXPECT_NEAR(response.ranking(1).distance_km(), 6200, 20);
  EXPECT_EQ(response.ranking(2).reason(), "drained");
  EXPECT_EQ(response.reason(),
            "locations are ranked by distance from the client's place, and fra comes first among "
            "those with an edge that may answer");
}

TEST(Explain, SaysWhoWasTooFullForTheClient) {
  testing::FleetFixture fixture;
  fixture.edge("edge-fra", 0, {"192.0.2.1"}).edge("edge-nyc", 1, {"192.0.2.2"});
  const auto& fleet = fixture.finish();
  LoadTable load;
  load.plans = {{.kept = {0, kWholeShare, kWholeShare}, .losses = {}}};
  load.plan_of = {0};
  load.capacities = {1, 1, 1};
  load.hashes = {1, 2, 3};
  load.edge_percent = {93, 20};
  load.location_percent = {93, 20, LoadTable::kUnknown};
  const auto response =
      explain(fleet, HealthTable(fleet, {}), 0, parse_address("10.0.0.1").value(), {}, load);
  EXPECT_EQ(response.answer(0), "192.0.2.2");
  EXPECT_EQ(response.ranking(0).utilisation(), 0.93);
  EXPECT_EQ(response.ranking(0).shed(), 1);
  EXPECT_EQ(response.ranking(1).utilisation(), 0.2);
  EXPECT_EQ(response.ranking(1).shed(), 0);
  EXPECT_NE(
      response.reason().find("passed over: edge-fra (full: 93 %, sheds 100 % of its clients)"),
      std::string::npos)
      << response.reason();
}

TEST(Explain, SaysWhoWasPassedOverAndWhy) {
  auto fixture = three_places();
  HealthView view;
  view.verdicts_fresh = true;
  view.edges["edge-fra"] = {false, "2 of 2 vantage points say down", {}};
  const auto response = explained(fixture.finish(), view, "10.0.0.1");
  EXPECT_TRUE(response.verdicts_fresh());
  EXPECT_FALSE(response.ranking(0).healthy());
  EXPECT_EQ(response.ranking(0).reason(), "2 of 2 vantage points say down");
  EXPECT_EQ(response.answer(0), "192.0.2.2");
  EXPECT_NE(response.reason().find("nyc comes first among those with an edge that may answer; "
                                   "passed over: edge-fra (2 of 2 vantage points say down)"),
            std::string::npos)
      << response.reason();
}

TEST(Explain, NamesTheOverrideThatDecided) {
  auto fixture = three_places();
  fixture.policy.name = "places";
  fixture.policy.overrides = {{.countries = {{'D', 'E'}}, .locations = {1}}};
  const auto response = explained(fixture.finish(), {}, "10.0.0.1");
  EXPECT_EQ(response.reason().substr(0, 75),
            "overrides[0] of steering policy 'places' matches the client by country DE, ");
  EXPECT_EQ(response.override().index(), 0u);
  EXPECT_EQ(response.override().matched_by(), "country DE");
  EXPECT_EQ(response.override().action(), v1::OVERRIDE_ACTION_PREFER);
  EXPECT_EQ(response.override().locations(0), "nyc");
}

TEST(Explain, NamesTheLongestPrefixOfAMap) {
  auto fixture = three_places();
  fixture.policy.prefix_map_name = "measured";
  fixture.policy.prefix_map = std::make_shared<PrefixMap>(
      PrefixMap{{{parse_prefix("10.0.0.0/8").value(), 0}, {parse_prefix("10.0.0.0/24").value(), 1}},
                {{2}, {1, 0}}});
  const auto response = explained(fixture.finish(), {}, "10.0.0.1");
  EXPECT_FALSE(response.has_override());
  EXPECT_EQ(response.prefix_map().prefix_map(), "measured");
  EXPECT_EQ(response.prefix_map().prefix(), "10.0.0.0/24");
  EXPECT_EQ(response.prefix_map().locations(0), "nyc");
  EXPECT_EQ(response.answer(0), "192.0.2.2");
  EXPECT_EQ(response.reason().substr(0, 40), "prefix map 'measured' has 10.0.0.0/24, a");
}

TEST(Explain, ShowsEachFamilyByItself) {
  auto fixture = three_places();
  HealthView view;
  view.edges["edge-fra"].up = false;
  const auto response = explained(fixture.finish(), view, "10.0.0.1");
  ASSERT_EQ(response.families_size(), 2);
  const auto& a = response.families(0);
  EXPECT_EQ(a.type(), "A");
  EXPECT_EQ(a.addresses(0), "192.0.2.2");
  EXPECT_EQ(a.scope(), 16u);
  EXPECT_EQ(a.eligible(), "healthy edges: 1 of 2 is healthy");
  const auto& aaaa = response.families(1);
  EXPECT_EQ(aaaa.type(), "AAAA");
  EXPECT_EQ(aaaa.addresses(0), "2001:db8::1");
  EXPECT_EQ(aaaa.eligible(), "all edges: panic, 0 of 1 are healthy");
}

TEST(Explain, NamesTheMethodAndThePathThroughNestedPolicies) {
  auto fixture = three_places();
  Policy world;
  world.name = "world";
  world.method = Method::failover;
  world.panic_below = 0;
  world.members = {{.policy = 1}, {.location = 1}};
  Policy europe;
  europe.name = "europe";
  europe.members = {{.location = 0}};
  fixture.fleet.policies = {world, europe};
  const auto& fleet = fixture.finish_policies();
  const auto healthy = explained(fleet, {}, "10.0.0.1").families(0);
  ASSERT_EQ(healthy.policies_size(), 2);
  EXPECT_EQ(healthy.policies(0).path(), "world");
  EXPECT_EQ(healthy.policies(0).method(), v1::STEERING_METHOD_FAILOVER);
  EXPECT_EQ(healthy.policies(0).text(), "answered by policy europe");
  EXPECT_EQ(healthy.policies(1).path(), "world > europe");
  EXPECT_EQ(healthy.policies(1).text(), "answered by fra");
  HealthView view;
  view.edges["edge-fra"].up = false;
  const auto response = explained(fleet, view, "10.0.0.1");
  EXPECT_EQ(response.families(0).policies(0).text(),
            "answered by nyc; passed over: policy europe (no edge that may answer)");
  EXPECT_EQ(response.reason().substr(0, 47), "members stand in the order of the policy, and n");
  EXPECT_EQ(response.ranking(0).node(), "edge-nyc");
}

TEST(Explain, SaysThatAPlaceIsNotKnown) {
  auto fixture = three_places();
  const auto response = explained(fixture.finish(), {}, "192.0.2.200", false);
  EXPECT_FALSE(response.place().known());
  EXPECT_EQ(response.reason().substr(0, 83),
            "the client's place is not known, so locations stand in the order of their names, an");
}

TEST(Explain, SaysWhyThereIsNoAnswer) {
  testing::FleetFixture nobody;
  EXPECT_EQ(explained(nobody.finish(), {}, "10.0.0.1").reason(), "no edge serves this site");
  auto fixture = three_places();
  fixture.policy.panic_mode = PanicMode::none;
  HealthView view;
  for (const auto* edge : {"edge-fra", "edge-nyc", "edge-sin"}) view.edges[edge].up = false;
  EXPECT_EQ(explained(fixture.finish(), view, "10.0.0.1").reason(),
            "no edge is healthy, and the panic mode is to give none");
}

}  // namespace
}  // namespace meridian::dns
