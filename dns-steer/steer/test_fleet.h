#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "dns-steer/steer/fleet.h"
#include "dns-steer/steer/policy_tree.h"

/// For tests: small fleets by hand.
namespace meridian::dns::testing {

/// Paris, New York and Singapore as fra, nyc and sin, all edges given as "name location address",
/// and one site `shop` that all of them serve. Clients in 10.N/16 are at location N.
class FleetFixture {
 public:
  FleetFixture() {
    fleet.locations = {{"fra", {50.1, 8.7}}, {"nyc", {40.7, -74.0}}, {"sin", {1.4, 103.8}}};
  }

  FleetFixture& edge(const std::string& name, LocationId location,
                     const std::vector<std::string>& addresses, bool drained = false) {
    Edge edge{name, location, drained, {}, 443};
    for (const auto& text : addresses) edge.addresses.push_back(parse_address(text).value());
    fleet.edges.push_back(edge);
    return *this;
  }

  /// Call when all edges are there and `policy` is as wanted.
  const Fleet& finish() {
    fleet.policies = {policy};
    return finish_policies();
  }

  /// The same when `fleet.policies` are there; the first one is the site's.
  const Fleet& finish_policies() {
    for (auto& location : fleet.locations) location.hash = name_hash(location.name);
    for (auto& one : fleet.policies) {
      one.allowed.clear();
      for (const auto& rule : one.overrides)
        one.allowed.push_back(allowed_by(rule, fleet.locations.size()));
      for (auto& member : one.members) {
        const auto& name = member.is_location() ? fleet.locations[member.location].name
                                                : fleet.policies[member.policy].name;
        member.hash = name_hash(name);
      }
      if (one.method == Method::proximity || !one.overrides.empty())
        one.places =
            std::make_shared<PlaceTable>(compile_places(world(), coordinates(), rule(one)));
    }
    EXPECT_TRUE(link_policies(fleet));
    fleet.candidates = {
        {find_candidates(fleet, {}, Family::v4), find_candidates(fleet, {}, Family::v6)}};
    fleet.sites = {{"shop", 0, 0, {"www.shop.test"}}};
    return fleet;
  }

  static RankingRule rule(const Policy& policy) {
    RankingRule rule{.by = policy.method == Method::proximity ? RankBy::distance : RankBy::nothing,
                     .overrides = policy.overrides,
                     .prefix_map = policy.prefix_map};
    for (const auto& member : policy.members) {
      if (member.is_location()) rule.among.push_back(member.location);
    }
    std::sort(rule.among.begin(), rule.among.end());
    return rule;
  }

  std::vector<geo::Coordinates> coordinates() const {
    std::vector<geo::Coordinates> all;
    for (const auto& location : fleet.locations) all.push_back(location.coordinates);
    return all;
  }

  World world() const {
    World world;
    const auto count = static_cast<std::uint32_t>(fleet.locations.size());
    for (std::uint32_t i = 0; i < count; ++i)
      world.v4.append(0x0a000000 + (i << 16),
                      world.places.add({fleet.locations[i].coordinates, {'X', 'A'}}));
    world.v4.append(0x0a000000 + (count << 16), PlaceList::kUnknown);
    return world;
  }

  Fleet fleet;
  Policy policy;
};

}  // namespace meridian::dns::testing
