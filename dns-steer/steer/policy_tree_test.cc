#include "dns-steer/steer/policy_tree.h"

#include <gtest/gtest.h>

namespace meridian::dns {
namespace {

Policy policy(const std::string& name, std::vector<Member> members) {
  Policy result;
  result.name = name;
  result.method = Method::failover;
  result.members = std::move(members);
  return result;
}

Member below(std::uint32_t number) { return {.policy = number}; }
Member at(LocationId location) { return {.location = location}; }

/// "where: what", or "linked".
std::string linked(const std::vector<Policy>& policies) {
  Fleet fleet;
  fleet.locations.resize(3);
  fleet.policies = policies;
  const auto result = link_policies(fleet);
  return result ? "linked" : result.error().where + ": " + result.error().what;
}

TEST(PolicyTree, HoldsEachNestedPolicyOnce) {
  Fleet fleet;
  fleet.locations.resize(3);
  fleet.policies = {policy("top", {below(1), below(2)}), policy("left", {below(2), at(0)}),
                    policy("right", {at(2)})};
  ASSERT_TRUE(link_policies(fleet));
  const auto& top = fleet.policies[0];
  ASSERT_EQ(top.tree.size(), 3u);
  EXPECT_EQ(top.tree[0].below, (std::vector<std::uint32_t>{1, 2}));
  EXPECT_EQ(top.tree[1].below, (std::vector<std::uint32_t>{2, 0}));
  EXPECT_TRUE(top.reach.contains(0));
  EXPECT_FALSE(top.reach.contains(1));
  EXPECT_TRUE(top.reach.contains(2));
}

TEST(PolicyTree, RefusesARingAndShowsIt) {
  EXPECT_EQ(
      linked({policy("a", {at(0), below(1)}), policy("b", {below(2)}), policy("c", {below(0)})}),
      "steering policy c: spec.members[0].policy: leads back to itself: a > b > c > a");
  EXPECT_EQ(linked({policy("a", {below(0)})}),
            "steering policy a: spec.members[0].policy: leads back to itself: a > a");
}

TEST(PolicyTree, RefusesWhatIsTooDeepOrTooLarge) {
  EXPECT_EQ(linked({policy("a", {below(1)}), policy("b", {below(2)}), policy("c", {below(3)}),
                    policy("d", {at(0)})}),
            "linked");
  EXPECT_EQ(linked({policy("a", {below(1)}), policy("b", {below(2)}), policy("c", {below(3)}),
                    policy("d", {below(4)}), policy("e", {at(0)})}),
            "steering policy a: spec.members[0].policy: makes policies nest more than 4 deep");
  const auto wide = policy("wide", std::vector<Member>(200, at(0)));
  EXPECT_EQ(linked({policy("a", std::vector<Member>(5, below(1))), wide}),
            "steering policy a: spec.members[4].policy: makes more than 1000 members together");
}

}  // namespace
}  // namespace meridian::dns
