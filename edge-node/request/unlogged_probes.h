#pragma once

#include <chrono>

#include "common/base/time.h"

namespace meridian::edge {

/// How many requests that look like probes of DNS nodes the access log leaves out: as many as those
/// of a large fleet. Anybody can send such requests, so what is beyond that is written down.
class UnloggedProbes {
 public:
  static constexpr unsigned kPerSecond = 100;

  bool leave_out(Instant now) {
    if (now - begun_ >= std::chrono::seconds(1)) {
      begun_ = now;
      left_ = kPerSecond;
    }
    if (left_ == 0) return false;
    --left_;
    return true;
  }

 private:
  Instant begun_{};
  unsigned left_ = kPerSecond;
};

}  // namespace meridian::edge
