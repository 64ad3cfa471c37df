#pragma once

#include <cstddef>
#include <cstdint>

#include "dns-steer/steer/fleet.h"

namespace meridian::dns {

/// Which of a site's candidates may answer.
enum class Eligible : std::uint8_t {
  healthy,          // the rule
  healthy_drained,  // no other is healthy
  all,              // panic: as if all were healthy
  all_drained,      // panic, and all are drained
  last_good,        // panic: those that were healthy when last enough were
  fixed,            // panic: Policy::panic_addresses
  nobody,
};

/// The addresses of one family that a policy can reach for a site.
struct Counts {
  std::size_t active = 0;  // not drained
  std::size_t healthy = 0;
  std::size_t drained = 0;
  std::size_t healthy_drained = 0;
  bool has_last_good = false;  // some of those are known that were healthy before
};

/// The step of panic: who answers, seen from the policy that a hostname names; the policies nested
/// in it are not asked. Pure.
Eligible decide_eligible(const Policy& policy, const Counts& counts);

/// The addresses are given against what health says.
inline bool is_panic(Eligible rule) {
  return rule != Eligible::healthy && rule != Eligible::healthy_drained;
}

}  // namespace meridian::dns
