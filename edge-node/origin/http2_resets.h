#pragma once

#include <algorithm>

#include "common/base/time.h"

namespace meridian::edge {

/// How many streams may be taken back on one connection to an origin, which visitors cause and
/// others share: an origin that sees many takes it for an attack (CVE-2023-44487), and ends the
/// connection with all that is on it. Less than any known defence lets pass, together with the
/// streams that are open then. Earned again over time. Pure.
class Http2Resets {
 public:
  static constexpr double kMost = 100, kPerSecond = 10;

  explicit Http2Resets(Instant now) : earned_(now) {}

  /// One more. False: there have been too many.
  bool count(Instant now) {
    const double seconds = std::chrono::duration<double>(now - earned_).count();
    earned_ = now;
    left_ = std::min(kMost, left_ + seconds * kPerSecond) - 1;
    return left_ >= 0;
  }

 private:
  Instant earned_;
  double left_ = kMost;
};

}  // namespace meridian::edge
