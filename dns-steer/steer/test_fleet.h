#pragma once

#include <string>
#include <vector>

#include "dns-steer/steer/fleet.h"

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
    for (const auto& one : policy.overrides)
      policy.allowed.push_back(allowed_by(one, fleet.locations.size()));
    policy.places = std::make_shared<PlaceTable>(
        compile_places(world(), coordinates(), {.overrides = policy.overrides}));
    fleet.policies = {policy};
    fleet.candidates = {
        {find_candidates(fleet, {}, Family::v4), find_candidates(fleet, {}, Family::v6)}};
    fleet.sites = {{"shop", 0, 0, {"www.shop.test"}}};
    return fleet;
  }

  std::vector<geo::Coordinates> coordinates() const {
    std::vector<geo::Coordinates> all;
    for (const auto& location : fleet.locations) all.push_back(location.coordinates);
    return all;
  }

  World world() const {
    World world;
    for (std::uint32_t i = 0; i < fleet.locations.size(); ++i)
      world.v4.append(0x0a000000 + (i << 16),
                      world.places.add({fleet.locations[i].coordinates, {'X', 'A'}}));
    world.v4.append(0x0a030000, PlaceList::kUnknown);
    return world;
  }

  Fleet fleet;
  Policy policy;
};

}  // namespace meridian::dns::testing
