#pragma once

#include "common/base/time.h"

namespace meridian::control {

/// Bounds failed attempts over all callers together: a burst, then so many a second. Pure; one
/// thread at a time.
class Attempts {
 public:
  static constexpr double kBurst = 100;
  static constexpr double kPerSecond = 10;

  /// True: another attempt may be looked at.
  bool allowed(Instant now);
  /// One has failed.
  void failed(Instant now);

 private:
  void refill(Instant now);

  double left_ = kBurst;
  Instant filled_{};
};

}  // namespace meridian::control
