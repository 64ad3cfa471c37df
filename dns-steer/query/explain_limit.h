#pragma once

#include <chrono>

#include "common/base/time.h"

namespace meridian::dns {

/// How many explanations a worker gives: each costs as much as hundreds of answers. One thread.
class ExplainLimit {
 public:
  static constexpr int kPerSecond = 20;

  /// Whether one may be given now. A second's worth may be saved up (GCRA).
  bool take(Instant now) {
    using std::chrono::seconds;
    constexpr std::chrono::nanoseconds kInterval =
        std::chrono::nanoseconds(seconds(1)) / kPerSecond;
    const auto from = used_until_ > now ? used_until_ : now;
    if (from + kInterval > now + seconds(1)) return false;
    used_until_ = from + kInterval;
    return true;
  }

 private:
  Instant used_until_{};
};

}  // namespace meridian::dns
