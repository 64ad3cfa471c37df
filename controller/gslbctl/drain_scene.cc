#include "controller/gslbctl/drain_scene.h"

#include <algorithm>
#include <map>

#include "controller/gslbctl/node_view.h"

namespace meridian::gslbctl {
namespace {

/// Of a SteeringPolicy that names none.
constexpr std::chrono::seconds kDefaultTtl{20};

bool serves(const v1::Site& site, const std::string& location) {
  const auto& chosen = site.locations();
  return chosen.empty() || std::find(chosen.begin(), chosen.end(), location) != chosen.end();
}

/// Whether DNS answers with it. Where nobody votes, to be connected is the best that is known.
bool is_up(const v1::NodeStatus& edge) {
  if (edge.node().role() != v1::ROLE_EDGE || edge.node().drained()) return false;
  return edge.has_verdict() ? edge.verdict().healthy() : edge.connected();
}

}  // namespace

DrainScene drain_scene(const v1::ListNodesResponse& nodes, const v1::Node& edge,
                       std::uint64_t revision) {
  DrainScene scene;
  for (const auto& node : nodes.nodes()) {
    if (node.node().role() != v1::ROLE_DNS || !node.connected()) continue;
    scene.probes_per_second += static_cast<std::uint32_t>(edge.addresses_size());
    if (node.revision() < revision || refuses(node, revision)) scene.left_out = false;
  }
  return scene;
}

std::chrono::seconds longest_ttl(const std::vector<v1::Resource>& sites,
                                 const std::vector<v1::Resource>& policies,
                                 const std::string& location) {
  std::map<std::string, std::chrono::seconds> ttls;
  for (const auto& policy : policies)
    if (policy.steering_policy().has_ttl())
      ttls[policy.name()] = std::chrono::seconds(policy.steering_policy().ttl().seconds());
  const auto ttl_of = [&](const std::string& policy) {
    const auto known = ttls.find(policy);
    return known == ttls.end() ? kDefaultTtl : known->second;
  };
  std::chrono::seconds longest{0};
  for (const auto& resource : sites) {
    const auto& site = resource.site();
    if (!serves(site, location)) continue;
    longest = std::max(longest, ttl_of(site.steering_policy()));
    for (const auto& own : site.hostname_policies())
      longest = std::max(longest, ttl_of(own.steering_policy()));
  }
  return longest;
}

std::vector<std::string> sites_of_this_edge_alone(const v1::ListNodesResponse& nodes,
                                                  const std::vector<v1::Resource>& sites,
                                                  const v1::NodeStatus& edge) {
  std::vector<std::string> alone;
  for (const auto& resource : sites) {
    const auto& site = resource.site();
    if (!serves(site, edge.node().location())) continue;
    const bool others =
        std::any_of(nodes.nodes().begin(), nodes.nodes().end(), [&](const auto& other) {
          return other.name() != edge.name() && is_up(other) &&
                 serves(site, other.node().location());
        });
    if (!others) alone.push_back(resource.name());
  }
  return alone;
}

std::vector<std::string> dns_nodes_away(const v1::ListNodesResponse& nodes) {
  std::vector<std::string> away;
  for (const auto& node : nodes.nodes())
    if (node.node().role() == v1::ROLE_DNS && !node.connected()) away.push_back(node.name());
  return away;
}

}  // namespace meridian::gslbctl
