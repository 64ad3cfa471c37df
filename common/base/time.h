#pragma once

#include <chrono>

namespace meridian {

/// For intervals and deadlines; never goes back.
using Clock = std::chrono::steady_clock;
using Instant = Clock::time_point;

/// For what leaves the process: dates, expiry, logs.
using WallClock = std::chrono::system_clock;
using WallTime = WallClock::time_point;

}  // namespace meridian
