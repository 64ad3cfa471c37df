#include "dns-steer/steer/policy.h"

#include <map>

#include <gtest/gtest.h>

#include "dns-steer/steer/test_fleet.h"

namespace meridian::dns {
namespace {

using testing::FleetFixture;

HealthView down(const std::vector<std::string>& edges) {
  HealthView view;
  for (const auto& edge : edges) view.edges[edge] = {false, "connection refused", {}};
  return view;
}

/// The addresses that a client gets, as text: "192.0.2.1 192.0.2.2".
std::string chosen(const Fleet& fleet, const HealthView& view, const std::string& client,
                   Family family = Family::v4) {
  const HealthTable health(fleet, view);
  const auto choice = choose(fleet, health, 0, family, parse_address(client).value());
  std::string text;
  for (const auto* candidate : choice.all())
    text += (text.empty() ? "" : " ") + candidate->address.text();
  return text;
}

FleetFixture three_places() {
  FleetFixture fixture;
  fixture.edge("edge-fra", 0, {"192.0.2.1", "2001:db8::1"})
      .edge("edge-nyc", 1, {"192.0.2.2"})
      .edge("edge-sin", 2, {"192.0.2.3"});
  return fixture;
}

TEST(Choose, TakesTheNearestHealthyEdge) {
  auto fixture = three_places();
  const auto& fleet = fixture.finish();
  EXPECT_EQ(chosen(fleet, {}, "10.0.0.1"), "192.0.2.1");
  EXPECT_EQ(chosen(fleet, {}, "10.1.0.1"), "192.0.2.2");
  EXPECT_EQ(chosen(fleet, {}, "10.2.0.1"), "192.0.2.3");
  EXPECT_EQ(chosen(fleet, down({"edge-fra"}), "10.0.0.1"), "192.0.2.2");
  EXPECT_EQ(chosen(fleet, down({"edge-fra", "edge-nyc"}), "10.0.0.1"), "192.0.2.3");
}

TEST(Choose, CountsAnEdgeOnlyInTheFamiliesThatItHas) {
  auto fixture = three_places();
  const auto& fleet = fixture.finish();
  EXPECT_EQ(chosen(fleet, {}, "10.2.0.1", Family::v6), "2001:db8::1");
}

TEST(Choose, GivesAsManyAnswersAsThePolicyWants) {
  auto fixture = three_places();
  fixture.policy.answers = 2;
  EXPECT_EQ(chosen(fixture.finish(), {}, "10.2.0.1"), "192.0.2.3 192.0.2.1");
  fixture.policy.answers = 16;
  EXPECT_EQ(chosen(fixture.finish(), {}, "10.1.0.1"), "192.0.2.2 192.0.2.1 192.0.2.3");
}

TEST(Choose, TakesDrainedEdgesWhenNothingElseIsLeft) {
  auto fixture = three_places();
  fixture.fleet.edges[0].drained = true;
  const auto& fleet = fixture.finish();
  EXPECT_EQ(chosen(fleet, {}, "10.0.0.1"), "192.0.2.2");
  EXPECT_EQ(chosen(fleet, {}, "10.0.0.1", Family::v6), "2001:db8::1");
  EXPECT_EQ(chosen(fleet, down({"edge-nyc", "edge-sin"}), "10.1.0.1"), "192.0.2.1");
}

TEST(Choose, PanicsBelowTheShareOfHealthyEdges) {
  auto fixture = three_places();
  fixture.policy.panic_below = 0.5;
  const auto& fleet = fixture.finish();
  EXPECT_EQ(chosen(fleet, down({"edge-fra"}), "10.0.0.1"), "192.0.2.2");
  EXPECT_EQ(chosen(fleet, down({"edge-fra", "edge-nyc"}), "10.0.0.1"), "192.0.2.1");
}

TEST(Choose, AnswersWithAllOrNoneWhenNoEdgeIsHealthy) {
  auto fixture = three_places();
  fixture.policy.panic_below = 0;
  const auto all = down({"edge-fra", "edge-nyc", "edge-sin"});
  EXPECT_EQ(chosen(fixture.finish(), all, "10.2.0.1"), "192.0.2.3");
  fixture.policy.panic_mode = PanicMode::none;
  EXPECT_EQ(chosen(fixture.finish(), all, "10.2.0.1"), "");
  EXPECT_EQ(chosen(fixture.finish(), down({"edge-sin", "edge-fra"}), "10.2.0.1"), "192.0.2.2");
}

TEST(Choose, LeadsOnlyTheVisitorsOfASiteAwayThatAnEdgeCannotServe) {
  auto fixture = three_places();
  (void)fixture.finish();
  auto fleet = fixture.fleet;
  fleet.sites.push_back({"other", 0, 0, {}});
  HealthView view;
  view.edges["edge-fra"].unserviceable_sites = {"shop"};
  const HealthTable health(fleet, view);
  const auto client = parse_address("10.0.0.1").value();
  const auto first = [&](std::uint32_t site) {
    return choose(fleet, health, site, Family::v4, client).addresses[0]->address.text();
  };
  EXPECT_EQ(first(0), "192.0.2.2");
  EXPECT_EQ(first(1), "192.0.2.1");
}

TEST(Choose, LeadsAClientOnlyWhereAnOverrideAllows) {
  const auto networks = std::vector{parse_prefix("10.0.0.0/16").value()};
  auto only = three_places();
  only.policy.overrides = {
      {.prefixes = networks, .locations = {2, 1}, .action = OverrideAction::allow_only}};
  const auto& fleet = only.finish();
  EXPECT_EQ(chosen(fleet, {}, "10.0.0.1"), "192.0.2.2");
  EXPECT_EQ(chosen(fleet, down({"edge-nyc"}), "10.0.0.1"), "192.0.2.3");
  EXPECT_EQ(chosen(fleet, down({"edge-nyc", "edge-sin"}), "10.0.0.1"), "192.0.2.2");
  EXPECT_EQ(chosen(fleet, {}, "10.0.0.1", Family::v6), "");
  EXPECT_EQ(chosen(fleet, down({"edge-nyc"}), "10.1.0.1"), "192.0.2.1");

  auto denied = three_places();
  denied.policy.answers = 3;
  denied.policy.overrides = {
      {.prefixes = networks, .locations = {0}, .action = OverrideAction::deny}};
  EXPECT_EQ(chosen(denied.finish(), {}, "10.0.0.1"), "192.0.2.2 192.0.2.3");
}

TEST(Choose, HasTheScopeOfTheClientsPlace) {
  auto fixture = three_places();
  const auto& fleet = fixture.finish();
  const HealthTable health(fleet, {});
  EXPECT_EQ(choose(fleet, health, 0, Family::v4, parse_address("10.1.7.7").value()).scope, 16);
}

FleetFixture many_in_one_place(int edges) {
  FleetFixture fixture;
  for (int i = 0; i < edges; ++i)
    fixture.edge("edge-" + std::to_string(i), 0, {"192.0.2." + std::to_string(i + 1)});
  return fixture;
}

TEST(Spread, GivesEachEdgeOfALocationItsShareOfNetworks) {
  auto fixture = many_in_one_place(4);
  const auto& fleet = fixture.finish();
  std::map<std::string, int> shares;
  for (std::uint32_t i = 0; i < 1000; ++i)
    ++shares[chosen(fleet, {}, IpAddress::v4(0x0a000000 + (i << 8)).text())];
  ASSERT_EQ(shares.size(), 4u);
  for (const auto& [address, share] : shares) EXPECT_NEAR(share, 250, 60) << address;
}

TEST(Spread, AnswersAWholeNetworkAlike) {
  auto fixture = many_in_one_place(5);
  fixture.policy.answers = 3;
  const auto& fleet = fixture.finish();
  const HealthTable health(fleet, {});
  const auto first = choose(fleet, health, 0, Family::v4, parse_address("10.0.9.0").value());
  EXPECT_EQ(first.scope, 24);
  for (std::uint32_t i = 0; i < 256; ++i)
    EXPECT_EQ(chosen(fleet, {}, IpAddress::v4(0x0a000900 + i).text()),
              chosen(fleet, {}, "10.0.9.0"));
}

TEST(Spread, MovesOnlyTheNetworksOfTheEdgeThatIsLost) {
  auto fixture = many_in_one_place(5);
  const auto& fleet = fixture.finish();
  for (std::uint32_t i = 0; i < 500; ++i) {
    const auto client = IpAddress::v4(0x0a000000 + (i << 8)).text();
    const auto before = chosen(fleet, {}, client);
    const auto after = chosen(fleet, down({"edge-2"}), client);
    if (before != "192.0.2.3") {
      EXPECT_EQ(after, before);
    } else {
      EXPECT_NE(after, before);
    }
  }
}

}  // namespace
}  // namespace meridian::dns
