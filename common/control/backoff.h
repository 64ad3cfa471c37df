#pragma once

#include <algorithm>
#include <chrono>

namespace meridian::control {

/// Exponential backoff with full jitter: the delay before the n-th retry is uniform between zero
/// and min(cap, base * 2^n), so that a fleet that lost its controller does not return as one.
struct Backoff {
  std::chrono::milliseconds base{100};
  std::chrono::milliseconds cap{5'000};

  /// `attempt` counts from 0; `random` is uniform in [0, 1). Pure.
  std::chrono::milliseconds delay(unsigned attempt, double random) const {
    const auto ceiling = std::min(cap, base * (1L << std::min(attempt, 20u)));
    return std::chrono::milliseconds(
        static_cast<std::chrono::milliseconds::rep>(static_cast<double>(ceiling.count()) * random));
  }
};

}  // namespace meridian::control
