#pragma once

#include <chrono>
#include <cstdint>

#include <time.h>

#include "common/base/time.h"

namespace meridian::dns {

/// The time of a batch of queries; who receives it asks the system once.
struct Now {
  Instant instant{};               // for intervals
  std::uint32_t unix_seconds = 0;  // for cookies, compared as RFC 1982 says

  /// The time of the system's last timer tick, some milliseconds ago: that costs a tenth of asking
  /// a clock.
  static Now at_last_tick() {
    const auto read = [](clockid_t clock) {
      timespec time{};
      ::clock_gettime(clock, &time);
      return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
    };
    return from(Instant(read(CLOCK_MONOTONIC_COARSE)), WallTime(read(CLOCK_REALTIME_COARSE)));
  }
  static Now from(Instant instant, WallTime wall) {
    const auto since_epoch = std::chrono::floor<std::chrono::seconds>(wall.time_since_epoch());
    return {instant, static_cast<std::uint32_t>(since_epoch.count())};
  }
};

}  // namespace meridian::dns
