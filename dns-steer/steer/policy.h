#pragma once

#include <cstdint>
#include <vector>

#include "common/net/address.h"
#include "dns-steer/steer/chance.h"
#include "dns-steer/steer/choice.h"
#include "dns-steer/steer/fleet.h"
#include "dns-steer/steer/health.h"
#include "dns-steer/steer/load.h"

namespace meridian::dns {

/// The chain of steering. The client's place gives an order or restrictions (overrides); the method
/// of the policy puts members in order (rank.h), nested policies asked in the same way; a location
/// that is full sheds a share of them (load.h); of each location those take part that health and
/// panic let answer (health.h), spread over networks where there are several (pick.h), until there
/// are enough. Pure; does not allocate; any thread.
/// `chance`: matters only where Policy::by_chance.
Choice choose(const Fleet& fleet, const HealthTable& health, std::uint32_t site, Family family,
              const IpAddress& client, Chance chance = {}, const LoadTable& load = kNoLoad);

/// How choose() came to its choice, for explanations.
struct Way {
  /// One member that a policy led to, and the addresses that it gave.
  struct Led {
    bool to_location = true;
    LocationId location = 0;
    std::uint32_t policy = 0;
    std::size_t addresses = 0;
    bool shed = false;  // the location has no room for the client
  };
  /// One policy that was asked.
  struct Policy {
    std::vector<std::uint32_t> path;  // policies, from the outermost to this one
    std::uint32_t restriction = kNoOverride;
    std::vector<Led> led;
  };
  std::vector<Policy> policies;  // the outermost first
  /// No location has room for the client, or none where the clients of a lost one would go: it was
  /// led by capacity.
  bool by_capacity = false;
  /// Overrides left nobody healthy, so that everybody they allow may answer.
  bool restricted_panic = false;
};

/// choose(), and what it did. Allocates.
Choice choose(const Fleet& fleet, const HealthTable& health, std::uint32_t site, Family family,
              const IpAddress& client, Chance chance, Way& way, const LoadTable& load = kNoLoad);

}  // namespace meridian::dns
