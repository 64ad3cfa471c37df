#pragma once

#include <functional>

#include "common/base/time.h"

namespace meridian::control {

/// Where the controller's parts get the time from; tests pass clocks of their own.
struct Clocks {
  std::function<WallTime()> wall = WallClock::now;
  std::function<Instant()> steady = Clock::now;
};

}  // namespace meridian::control
