#include "dns-steer/steer/load_state.h"

#include <gtest/gtest.h>

#include "dns-steer/steer/test_load.h"

namespace meridian::dns {
namespace {

using namespace std::chrono_literals;
using testing::fleet_of;
using testing::led;
using testing::lost;
using testing::parts;
using testing::utilisations;

class Load : public ::testing::Test {
 protected:
  /// Hears the same each second, for so long.
  void measure(const Fleet& fleet, const Utilisations& edges, int seconds = 60,
               const HealthView& health = {}) {
    for (int i = 0; i < seconds; ++i) state.measure(fleet, health, edges, now += 1s);
  }
  std::map<char, double> after(const Fleet& fleet, const std::string& ranking,
                               const HealthView& health = {}) {
    state.review(fleet, health, now);
    return parts(state.table(fleet), ranking, health);
  }
  double kept(const Fleet& fleet, LocationId location) const {
    const auto table = state.table(fleet);
    const auto* plan = table.plan(0);
    return plan == nullptr ? 1 : static_cast<double>(plan->kept[location]) / kWholeShare;
  }

  LoadState state;
  Instant now = Instant() + 1h;
};

TEST_F(Load, LeadsNobodyAwayWhereNoCapacityIsDeclared) {
  const auto fleet = fleet_of({0, 0, 0});
  measure(fleet, {});
  EXPECT_EQ(state.table(fleet).plan(0), nullptr);
  EXPECT_EQ(after(fleet, "abc", lost("a")), (std::map<char, double>{{'b', 1}}));
  EXPECT_EQ(state.table(fleet), LoadTable());
}

TEST_F(Load, LeadsNobodyAwayWhereThereIsRoom) {
  const auto fleet = fleet_of({100, 100});
  measure(fleet, utilisations("ab", {0.79, 0.1}));
  EXPECT_EQ(state.table(fleet).plan(0), nullptr);
}

TEST_F(Load, LeadsAShareToTheNextBest) {
  const auto fleet = fleet_of({100, 100, 100});
  measure(fleet, utilisations("abc", {1.0, 0.1, 0.1}), 15);
  const auto share = parts(state.table(fleet), "abc", {});
  const double stay = kept(fleet, 0);
  ASSERT_LT(stay, 0.9);
  EXPECT_NEAR(share.at('a'), stay, 0.03);
  EXPECT_NEAR(share.at('b'), 1 - stay, 0.03);
  EXPECT_EQ(parts(state.table(fleet), "bca", {}), (std::map<char, double>{{'b', 1}}));
}

TEST_F(Load, GoesOnToTheOneAfterWhereTheNextBestIsFullToo) {
  const auto fleet = fleet_of({100, 100, 1000});
  measure(fleet, utilisations("abc", {3, 3, 0.1}), 600);
  const auto share = parts(state.table(fleet), "abc", {});
  EXPECT_GT(share.at('c'), 0.5);
}

TEST_F(Load, MovesOnlyTheNetworksThatAreShed) {
  const auto fleet = fleet_of({100, 100});
  measure(fleet, utilisations("ab", {1, 0.1}), 5);
  const auto before = state.table(fleet);
  measure(fleet, utilisations("ab", {1, 0.1}), 10);
  const auto later = state.table(fleet);
  ASSERT_LT(later.plan(0)->kept[0], before.plan(0)->kept[0]);
  for (std::uint32_t i = 0; i < 1000; ++i) {
    const auto client = IpAddress::v4(i << 8);
    if (led(before, "ab", {}, client) != 'b') continue;
    EXPECT_EQ(led(later, "ab", {}, client), 'b');
  }
}

TEST_F(Load, LeadsAwholeNetworkAlike) {
  const auto fleet = fleet_of({100, 100});
  measure(fleet, utilisations("ab", {1, 0.1}), 15);
  const auto table = state.table(fleet);
  for (std::uint32_t i = 0; i < 256; ++i)
    EXPECT_EQ(led(table, "ab", {}, IpAddress::v4(0x0a000900 + i)),
              led(table, "ab", {}, IpAddress::v4(0x0a000900)));
}

TEST_F(Load, OfAllThatAreFullIsNoReasonToLeadAnybodyAway) {
  const auto fleet = fleet_of({100, 300});
  measure(fleet, utilisations("ab", {1.5, 1.5}), 600);
  EXPECT_EQ(kept(fleet, 0), 1);
  EXPECT_EQ(kept(fleet, 1), 1);
}

TEST_F(Load, OfAllThatAreFullLetsTheFullestShed) {
  const auto fleet = fleet_of({100, 300});
  measure(fleet, utilisations("ab", {3, 1.1}), 30);
  EXPECT_LT(kept(fleet, 0), 0.8);
  EXPECT_EQ(kept(fleet, 1), 1);
}

TEST_F(Load, StaysAsItIsWhileThereAreNoNews) {
  const auto fleet = fleet_of({100, 100});
  measure(fleet, utilisations("ab", {1, 0.1}), 15);
  const double before = kept(fleet, 0);
  now += 24h;
  state.review(fleet, {}, now);
  EXPECT_EQ(kept(fleet, 0), before);
}

TEST_F(Load, ThatIsNoLongerReportedIsNoLoad) {
  const auto fleet = fleet_of({100, 100});
  measure(fleet, utilisations("ab", {1, 0.1}), 15);
  ASSERT_LT(kept(fleet, 0), 1);
  measure(fleet, utilisations("b", {0.1}), 600);
  EXPECT_EQ(kept(fleet, 0), 1);
}

TEST_F(Load, OutlivesARevision) {
  auto fleet = fleet_of({100, 100});
  measure(fleet, utilisations("ab", {1, 0.1}), 15);
  const double before = kept(fleet, 0);
  // Another location and a larger one: nothing has changed for the first.
  fleet = fleet_of({100, 100, 5000});
  state.review(fleet, {}, now);
  EXPECT_EQ(kept(fleet, 0), before);
  fleet.policies[0].ttl = 60;
  state.review(fleet, {}, now);
  EXPECT_EQ(kept(fleet, 0), before);
}

TEST_F(Load, OfALostLocationGoesToTheNextBestAsFarAsThereIsRoom) {
  const auto fleet = fleet_of({100, 100, 100, 100});
  measure(fleet, utilisations("abcd", {0.6, 0.5, 0.2, 0.2}));
  const auto share = after(fleet, "abcd", lost("a"));
  EXPECT_NEAR(share.at('b'), 0.5, 0.03);
  EXPECT_NEAR(share.at('c'), 0.25, 0.03);
  EXPECT_NEAR(share.at('d'), 0.25, 0.03);
  // Nobody else's clients move.
  EXPECT_EQ(after(fleet, "bcda", lost("a")), (std::map<char, double>{{'b', 1}}));
}

TEST_F(Load, OfALostLocationGoesToTheNextBestAloneWhereThatHasRoom) {
  const auto fleet = fleet_of({100, 200, 100});
  measure(fleet, utilisations("abc", {0.6, 0.4, 0.2}));
  EXPECT_EQ(after(fleet, "abc", lost("a")), (std::map<char, double>{{'b', 1}}));
}

TEST_F(Load, OfALostLocationIsRememberedWhenItFellSilentFirst) {
  const auto fleet = fleet_of({100, 100, 100});
  measure(fleet, utilisations("abc", {0.6, 0.5, 0.2}));
  measure(fleet, utilisations("bc", {0.5, 0.2}), 10);
  EXPECT_NEAR(after(fleet, "abc", lost("a")).at('c'), 0.5, 0.03);
  measure(fleet, utilisations("abc", {0.6, 0.5, 0.2}));
  measure(fleet, utilisations("bc", {0.5, 0.2}), 60);
  EXPECT_EQ(after(fleet, "abc", lost("a")), (std::map<char, double>{{'b', 1}}));
}

TEST_F(Load, OfALostLocationGoesToWhoeverHasNoBounds) {
  const auto fleet = fleet_of({100, 0, 100});
  measure(fleet, utilisations("ac", {0.9, 0.9}));
  EXPECT_EQ(after(fleet, "abc", lost("a")), (std::map<char, double>{{'b', 1}}));
}

TEST_F(Load, OfALostLocationIsSharedByCapacityWhereNobodyHasRoom) {
  const auto fleet = fleet_of({100, 100, 300});
  measure(fleet, utilisations("abc", {0.8, 0.8, 0.8}));
  const auto share = after(fleet, "abc", lost("a"));
  EXPECT_NEAR(share.at('b'), 0.25, 0.03);
  EXPECT_NEAR(share.at('c'), 0.75, 0.03);
}

TEST_F(Load, OfALostLocationStaysWhereItWentUntilThatIsBack) {
  const auto fleet = fleet_of({100, 100, 100});
  measure(fleet, utilisations("abc", {0.6, 0.6, 0.2}));
  const auto at_once = after(fleet, "abc", lost("a"));
  measure(fleet, utilisations("abc", {0, 0.78, 0.6}), 600, lost("a"));
  EXPECT_EQ(after(fleet, "abc", lost("a")), at_once);
  EXPECT_EQ(after(fleet, "abc"), (std::map<char, double>{{'a', 1}}));
}

TEST_F(Load, OfASecondLossKnowsOfTheClientsThatAreOnTheirWay) {
  const auto fleet = fleet_of({100, 100, 100, 100});
  measure(fleet, utilisations("abcd", {0.3, 0.3, 0.4, 0.1}));
  EXPECT_EQ(after(fleet, "acbd", lost("a")), (std::map<char, double>{{'c', 1}}));
  // Those of a are not measured at c yet.
  measure(fleet, utilisations("abcd", {0.3, 0.3, 0.4, 0.1}), 1, lost("a"));
  const auto share = after(fleet, "bcd", lost("ab"));
  EXPECT_NEAR(share.at('c'), 0.1 / 0.3, 0.05);
  EXPECT_NEAR(share.at('d'), 0.2 / 0.3, 0.05);
}

TEST_F(Load, OfHalfALocationThatIsLostGoesAtOnce) {
  auto fleet = fleet_of({100, 100});
  fleet.edges.push_back(fleet.edges[0]);
  fleet.edges.back().name = "edge-z";
  measure(fleet, utilisations("azb", {0.7, 0.7, 0.1}));
  ASSERT_EQ(kept(fleet, 0), 1);
  state.review(fleet, lost("z"), now);
  EXPECT_NEAR(kept(fleet, 0), 1 / 1.6, 0.02);
}

TEST_F(Load, IsOfTheFullestBoundOfSeveral) {
  auto fleet = fleet_of({100, 100});
  fleet.edges[0].capacity.bits_per_second = 1e9;
  fleet.edges[1].capacity.bits_per_second = 9e9;
  const auto loads = load_of_locations(fleet, {}, utilisations("ab", {0.5, 0.25}));
  EXPECT_DOUBLE_EQ(loads[0].capacity, 0.1);
  EXPECT_DOUBLE_EQ(loads[1].capacity, 0.5);
  EXPECT_DOUBLE_EQ(*loads[0].utilisation, 0.5);
  EXPECT_DOUBLE_EQ(*loads[1].utilisation, 0.25);
}

}  // namespace
}  // namespace meridian::dns
