#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>

#include "dns-steer/steer/fleet.h"

namespace meridian::dns {

/// The addresses that one client gets for one site, best first.
struct Choice {
  std::array<const Candidate*, kMostAnswers> addresses;
  std::uint8_t count = 0;
  /// All clients that share this many bits with this one get the same answer, as far as it does
  /// not depend on chance.
  std::uint8_t scope = 0;
  std::uint32_t ttl = 0;

  std::span<const Candidate* const> all() const { return {addresses.data(), count}; }
  void take(const Candidate* candidate) { addresses[count++] = candidate; }
  bool has(const Candidate* candidate) const {
    return std::find(all().begin(), all().end(), candidate) != all().end();
  }
  bool has_location(LocationId location) const {
    return std::any_of(all().begin(), all().end(),
                       [location](const Candidate* one) { return one->location == location; });
  }
};

}  // namespace meridian::dns
