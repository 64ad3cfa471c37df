#pragma once

#include <algorithm>
#include <cstdint>

#include "common/base/time.h"

namespace meridian::edge {

/// How much work that brings nothing a connection of HTTP/2 may cause: streams begun and taken
/// back (CVE-2023-44487), and control frames. Earned again over time. Pure.
class Http2Budget {
 public:
  static constexpr double kResets = 200, kResetsPerSecond = 20;
  static constexpr double kControl = 2'000, kControlPerSecond = 200;

  explicit Http2Budget(Instant now) : earned_(now) {}

  /// False: there is no more; the connection is to be closed.
  bool spend(unsigned resets, unsigned control, Instant now) {
    if (resets == 0 && control == 0) return true;
    const double seconds = std::chrono::duration<double>(now - earned_).count();
    earned_ = now;
    resets_ = std::min(kResets, resets_ + seconds * kResetsPerSecond) - resets;
    control_ = std::min(kControl, control_ + seconds * kControlPerSecond) - control;
    return resets_ >= 0 && control_ >= 0;
  }

 private:
  Instant earned_;
  double resets_ = kResets;
  double control_ = kControl;
};

}  // namespace meridian::edge
