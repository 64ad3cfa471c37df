#include "controller/identity/attempts.h"

#include <algorithm>
#include <chrono>

namespace meridian::control {

void Attempts::refill(Instant now) {
  const std::chrono::duration<double> passed = now - filled_;
  left_ = std::min(kBurst, left_ + passed.count() * kPerSecond);
  filled_ = now;
}

bool Attempts::allowed(Instant now) {
  refill(now);
  return left_ >= 1;
}

void Attempts::failed(Instant now) {
  refill(now);
  left_ = std::max(0.0, left_ - 1);
}

}  // namespace meridian::control
