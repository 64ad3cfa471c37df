#include "dns-steer/steer/lead.h"

#include <algorithm>
#include <sstream>

#include <gtest/gtest.h>

#include "dns-steer/steer/test_fleet.h"

namespace meridian::dns {
namespace {

constexpr LocationId kFra = 0, kNyc = 1, kSin = 2;

Member location(LocationId number, std::uint32_t weight = 1) {
  return {.location = number, .policy = kNoPolicy, .weight = weight, .hash = 0};
}

struct Led3 : testing::FleetFixture {
  Led3() {
    edge("edge-fra", kFra, {"192.0.2.1"})
        .edge("edge-nyc", kNyc, {"192.0.2.2"})
        .edge("edge-sin", kSin, {"192.0.2.3"});
  }

  /// "fra 0.25, nyc 0.75" of clients in Paris; of the first of `policies`.
  std::string lead(std::vector<Policy> policies, std::optional<LocationId> lost = {}) {
    fleet.policies = std::move(policies);
    finish_policies();
    const Leader leader(fleet, fleet.policies[0], fleet.candidates[0][0]);
    std::vector<std::uint32_t> rankings;
    for (const auto* table : leader.tables()) {
      const auto ranges = table->v4();
      const auto at = std::upper_bound(ranges.starts.begin(), ranges.starts.end(), 0x0a000001u);
      rankings.push_back(ranges.values[static_cast<std::size_t>(at - ranges.starts.begin() - 1)]);
    }
    std::string text;
    for (const auto& one : leader.lead(rankings, lost)) {
      std::ostringstream share;
      share << (text.empty() ? "" : ", ") << fleet.locations[one.location].name << " " << one.share;
      text += share.str();
    }
    return text;
  }
};

Policy policy_of(Method method, std::vector<Member> members) {
  Policy policy;
  policy.method = method;
  policy.members = std::move(members);
  return policy;
}

TEST(Lead, IsByPlaceWithProximity) {
  EXPECT_EQ(Led3().lead({policy_of(Method::proximity, {})}), "fra 1");
  EXPECT_EQ(Led3().lead({policy_of(Method::proximity, {})}, kFra), "nyc 1");
  EXPECT_EQ(Led3().lead({policy_of(Method::proximity, {location(kSin)})}), "sin 1");
}

TEST(Lead, IsTheFirstMemberThatIsThereWithFailover) {
  const auto policy = policy_of(Method::failover, {location(kSin), location(kNyc)});
  EXPECT_EQ(Led3().lead({policy}), "sin 1");
  EXPECT_EQ(Led3().lead({policy}, kSin), "nyc 1");
}

TEST(Lead, IsInProportionToWeights) {
  const std::vector<Member> members{location(kFra, 1), location(kNyc, 3), location(kSin, 0)};
  for (const auto method : {Method::weighted, Method::consistent_hash}) {
    EXPECT_EQ(Led3().lead({policy_of(method, members)}), "fra 0.25, nyc 0.75");
    EXPECT_EQ(Led3().lead({policy_of(method, members)}, kNyc), "fra 1");
  }
  EXPECT_EQ(Led3().lead({policy_of(Method::weighted, {location(kFra), location(kSin, 0)})}, kFra),
            "sin 1");
}

TEST(Lead, IsEvenWithRoundRobin) {
  EXPECT_EQ(Led3().lead({policy_of(Method::round_robin, {})}, kSin), "fra 0.5, nyc 0.5");
}

TEST(Lead, PassesNestedPoliciesThatHaveNobody) {
  auto outer = policy_of(Method::failover, {});
  outer.members = {{.location = 0, .policy = 1, .weight = 1, .hash = 0}, location(kSin)};
  const auto inner = policy_of(Method::weighted, {location(kFra, 1), location(kNyc, 1)});
  EXPECT_EQ(Led3().lead({outer, inner}), "fra 0.5, nyc 0.5");
  EXPECT_EQ(Led3().lead({outer, inner}, kFra), "nyc 1");
  auto only_far = inner;
  only_far.overrides = {
      {.countries = {{'X', 'A'}}, .locations = {kSin}, .action = OverrideAction::allow_only}};
  EXPECT_EQ(Led3().lead({outer, only_far}), "sin 1");
}

}  // namespace
}  // namespace meridian::dns
