#include "controller/gslbctl/drain_scene.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace meridian::gslbctl {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;

v1::Resource site(const std::string& name, const std::string& policy = "",
                  const std::string& location = "") {
  v1::Resource resource;
  resource.set_name(name);
  resource.mutable_site()->set_steering_policy(policy);
  if (!location.empty()) resource.mutable_site()->add_locations(location);
  return resource;
}

v1::Resource policy(const std::string& name, std::int64_t ttl) {
  v1::Resource resource;
  resource.set_name(name);
  resource.mutable_steering_policy();
  if (ttl > 0) resource.mutable_steering_policy()->mutable_ttl()->set_seconds(ttl);
  return resource;
}

v1::NodeStatus node(const std::string& name, v1::Role role, std::uint64_t revision = 0) {
  v1::NodeStatus status;
  status.set_name(name);
  status.mutable_node()->set_role(role);
  status.mutable_node()->set_location(name.substr(name.find('-') + 1));
  status.set_connected(revision > 0);
  status.set_revision(revision);
  return status;
}

v1::NodeStatus edge(const std::string& name, bool healthy, bool drained = false) {
  auto status = node(name, v1::ROLE_EDGE, 7);
  status.mutable_verdict()->set_healthy(healthy);
  status.mutable_node()->set_drained(drained);
  return status;
}

v1::ListNodesResponse all(const std::vector<v1::NodeStatus>& nodes) {
  v1::ListNodesResponse response;
  for (const auto& one : nodes) *response.add_nodes() = one;
  return response;
}

TEST(LongestTtl, IsThatOfThePolicyOfAnySiteThatTheEdgeServes) {
  const std::vector<v1::Resource> policies{policy("slow", 300), policy("slower", 900),
                                           policy("plain", 0)};
  EXPECT_EQ(longest_ttl({site("shop")}, policies, "par"), 20s) << "nobody names the others";
  EXPECT_EQ(longest_ttl({site("shop", "plain")}, policies, "par"), 20s);
  EXPECT_EQ(longest_ttl({site("shop", "slow"), site("far", "slower", "nyc")}, policies, "par"),
            300s);
  auto two = site("shop", "slow");
  two.mutable_site()->add_hostname_policies()->set_steering_policy("slower");
  EXPECT_EQ(longest_ttl({two}, policies, "par"), 900s);
}

TEST(DrainScene, CountsTheProbesOfDnsNodesThatAreConnected) {
  v1::Node drained;
  drained.add_addresses("192.0.2.1");
  drained.add_addresses("2001:db8::1");
  const auto nodes = all({node("dns-par", v1::ROLE_DNS, 7), node("dns-nyc", v1::ROLE_DNS, 8),
                          node("dns-sin", v1::ROLE_DNS), node("edge-par", v1::ROLE_EDGE, 8)});
  EXPECT_EQ(drain_scene(nodes, drained, 7).probes_per_second, 4u);
  EXPECT_TRUE(drain_scene(nodes, drained, 7).left_out);
  EXPECT_FALSE(drain_scene(nodes, drained, 8).left_out);
  EXPECT_THAT(dns_nodes_away(nodes), ElementsAre("dns-sin"));
}

TEST(DrainScene, BelievesNoDnsNodeThatHasRefusedTheDrainOrWhatCameAfter) {
  auto refusing = node("dns-par", v1::ROLE_DNS, 8);
  refusing.set_nack_revision(8);
  refusing.set_nack_reason("zone shop.example: has no nameserver");
  const auto nodes = all({refusing, node("dns-nyc", v1::ROLE_DNS, 8)});
  EXPECT_FALSE(drain_scene(nodes, {}, 8).left_out);
  EXPECT_FALSE(drain_scene(nodes, {}, 7).left_out);
  EXPECT_TRUE(drain_scene(all({node("dns-nyc", v1::ROLE_DNS, 8)}), {}, 8).left_out);
}

TEST(SitesOfThisEdgeAlone, AreThoseThatNoOtherEdgeIsUpFor) {
  const auto last = edge("edge-par", true);
  const std::vector<v1::Resource> sites{site("blog", "", "par"), site("far", "", "nyc"),
                                        site("shop")};
  EXPECT_THAT(sites_of_this_edge_alone(all({last, edge("edge-nyc", true)}), sites, last),
              ElementsAre("blog"));
  EXPECT_THAT(sites_of_this_edge_alone(all({last, edge("edge-nyc", false)}), sites, last),
              ElementsAre("blog", "shop"));
  EXPECT_THAT(sites_of_this_edge_alone(all({last, edge("edge-nyc", true, true)}), sites, last),
              ElementsAre("blog", "shop"));
  EXPECT_THAT(
      sites_of_this_edge_alone(all({last, node("edge-nyc", v1::ROLE_EDGE, 7)}), sites, last),
      ElementsAre("blog"))
      << "connected, and nobody votes";
}

}  // namespace
}  // namespace meridian::gslbctl
