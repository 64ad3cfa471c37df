#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "common/net/address.h"
#include "dns-steer/steer/fleet.h"
#include "dns-steer/steer/health.h"

namespace meridian::dns {

/// The addresses that one client gets for one site, best first.
struct Choice {
  std::array<const Candidate*, kMostAnswers> addresses;
  std::uint8_t count = 0;
  /// All clients that share this many bits with this one get the same answer.
  std::uint8_t scope = 0;
  std::uint32_t ttl = 0;

  std::span<const Candidate* const> all() const { return {addresses.data(), count}; }
};

/// The chain of steering: the client's ranking of locations, in each the candidates that may
/// answer, spread over networks where there are several, until there are enough. Pure; does not
/// allocate; any thread.
Choice choose(const Fleet& fleet, const HealthTable& health, std::uint32_t site, Family family,
              const IpAddress& client);

}  // namespace meridian::dns
