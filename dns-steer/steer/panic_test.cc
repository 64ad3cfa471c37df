#include "dns-steer/steer/panic.h"

#include <gtest/gtest.h>

#include "dns-steer/steer/policy.h"
#include "dns-steer/steer/test_fleet.h"

namespace meridian::dns {
namespace {

testing::FleetFixture three_places(PanicMode mode) {
  testing::FleetFixture fixture;
  fixture.edge("edge-fra", 0, {"192.0.2.1", "2001:db8::1"})
      .edge("edge-nyc", 1, {"192.0.2.2", "2001:db8::2"})
      .edge("edge-sin", 2, {"192.0.2.3"});
  fixture.policy.panic_mode = mode;
  fixture.policy.panic_below = 0.5;
  return fixture;
}

HealthView down(const std::vector<std::string>& edges) {
  HealthView view;
  for (const auto& edge : edges) view.edges[edge].up = false;
  return view;
}

std::string chosen(const Fleet& fleet, const HealthTable& health, const char* client,
                   Family family = Family::v4) {
  std::string text;
  for (const auto* one : choose(fleet, health, 0, family, parse_address(client).value()).all())
    text += (text.empty() ? "" : " ") + one->address.text();
  return text;
}

const std::vector<std::string> kAll{"edge-fra", "edge-nyc", "edge-sin"};

TEST(LastGood, AnswersWithTheEdgesThatWereHealthyBefore) {
  auto fixture = three_places(PanicMode::last_good);
  fixture.policy.answers = 3;
  const auto& fleet = fixture.finish();
  const HealthTable good(fleet, down({"edge-fra"}));
  const auto memory = LastGood().after(fleet, good);
  const HealthTable bad(fleet, down(kAll), memory);
  EXPECT_EQ(bad.eligible(0, Family::v4), Eligible::last_good);
  EXPECT_EQ(chosen(fleet, bad, "10.0.0.1"), "192.0.2.2 192.0.2.3");
}

TEST(LastGood, IsNotForgottenWhilePanicLasts) {
  auto fixture = three_places(PanicMode::last_good);
  const auto& fleet = fixture.finish();
  auto memory = LastGood().after(fleet, HealthTable(fleet, down({"edge-fra"})));
  for (int i = 0; i < 3; ++i) memory = memory.after(fleet, HealthTable(fleet, down(kAll), memory));
  EXPECT_EQ(chosen(fleet, HealthTable(fleet, down(kAll), memory), "10.0.0.1"), "192.0.2.2");
  // A revision in between that has lost one of them.
  auto later = three_places(PanicMode::last_good);
  later.fleet.edges.erase(later.fleet.edges.begin() + 1);
  const auto& other = later.finish();
  EXPECT_EQ(chosen(other, HealthTable(other, down(kAll), memory), "10.0.0.1"), "192.0.2.3");
}

TEST(LastGood, IsAllWhereNothingIsRemembered) {
  auto fixture = three_places(PanicMode::last_good);
  const auto& fleet = fixture.finish();
  const HealthTable bad(fleet, down(kAll));
  EXPECT_EQ(bad.eligible(0, Family::v4), Eligible::all);
  EXPECT_EQ(chosen(fleet, bad, "10.0.0.1"), "192.0.2.1");
}

TEST(FixedAddresses, AnswerInPanicAndOnlyThen) {
  auto fixture = three_places(PanicMode::fixed);
  const auto address = parse_address("198.51.100.1").value();
  fixture.policy.panic_addresses[0] = {{address, false, 0, kNoEdge, 0}};
  const auto& fleet = fixture.finish();
  EXPECT_EQ(chosen(fleet, HealthTable(fleet, {}), "10.0.0.1"), "192.0.2.1");
  const HealthTable bad(fleet, down({"edge-nyc", "edge-sin"}));
  EXPECT_EQ(chosen(fleet, bad, "10.0.0.1"), "198.51.100.1");
  const HealthTable none(fleet, down(kAll));
  EXPECT_EQ(chosen(fleet, none, "10.0.0.1", Family::v6), "");
}

TEST(FixedAddresses, AnswerAClientWhomOverridesLeaveNobody) {
  auto fixture = three_places(PanicMode::fixed);
  fixture.policy.panic_addresses[0] = {
      {parse_address("198.51.100.1").value(), false, 0, kNoEdge, 0}};
  fixture.policy.overrides = {{.prefixes = {parse_prefix("10.0.0.0/16").value()},
                               .locations = {0},
                               .action = OverrideAction::allow_only}};
  const auto& fleet = fixture.finish();
  const HealthTable health(fleet, down({"edge-fra"}));
  EXPECT_EQ(chosen(fleet, health, "10.0.0.1"), "198.51.100.1");
  EXPECT_EQ(chosen(fleet, health, "10.1.0.1"), "192.0.2.2");
}

TEST(Families, PanicEachByItself) {
  auto fixture = three_places(PanicMode::all);
  const auto& fleet = fixture.finish();
  // Two of three answer A, one of two AAAA: an edge without IPv6 does not count for AAAA.
  const HealthTable one_down(fleet, down({"edge-fra"}));
  EXPECT_EQ(one_down.eligible(0, Family::v4), Eligible::healthy);
  EXPECT_EQ(one_down.of(0, Family::v6).counts.active, 2u);
  EXPECT_EQ(one_down.eligible(0, Family::v6), Eligible::healthy);
  const HealthTable six_gone(fleet, down({"edge-fra", "edge-nyc"}));
  EXPECT_EQ(six_gone.eligible(0, Family::v4), Eligible::all);
  auto strict = three_places(PanicMode::all);
  strict.policy.panic_below = 0.6;
  const auto& other = strict.finish();
  const HealthTable table(other, down({"edge-fra"}));
  EXPECT_EQ(table.eligible(0, Family::v4), Eligible::healthy);
  EXPECT_EQ(table.eligible(0, Family::v6), Eligible::all);
}

TEST(Families, CountOnlyWhomThePolicyCanReach) {
  auto fixture = three_places(PanicMode::all);
  fixture.policy.method = Method::failover;
  fixture.policy.members = {{.location = 2}};
  const auto& fleet = fixture.finish();
  const HealthTable health(fleet, {});
  EXPECT_EQ(health.of(0, Family::v4).counts.active, 1u);
  EXPECT_EQ(health.eligible(0, Family::v6), Eligible::nobody);
}

TEST(HealthTable, SharesWhatIsAlike) {
  auto fixture = three_places(PanicMode::all);
  (void)fixture.finish();
  auto& fleet = fixture.fleet;
  fleet.sites.push_back({"other", 0, 0, {}});
  fleet.sites.push_back({"third", 0, 0, {}});
  HealthView view;
  view.edges["edge-fra"].unserviceable_sites = {"third"};
  const HealthTable health(fleet, view);
  EXPECT_EQ(&health.of(0, Family::v4), &health.of(1, Family::v4));
  EXPECT_NE(&health.of(0, Family::v4), &health.of(2, Family::v4));
}

}  // namespace
}  // namespace meridian::dns
