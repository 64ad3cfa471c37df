#include "controller/transfer/refresh_timer.h"

#include <algorithm>

namespace meridian::control {
namespace {

using Seconds = RefreshTimer::Seconds;

Seconds within_bounds(Seconds time) {
  return std::clamp(time, RefreshTimer::kShortest, RefreshTimer::kLongest);
}

}  // namespace

bool RefreshTimer::expired(Instant now) const {
  return expire_.count() > 0 && now - heard_ > expire_;
}

void RefreshTimer::begin_anew(Instant now) {
  due_ = now;
  failures_ = 0;
}

void RefreshTimer::hasten(Instant now) { due_ = std::max(now, looked_ + kPause); }

void RefreshTimer::reached(const RefreshTimes& times, Instant now) {
  looked_ = heard_ = now;
  expire_ = times.expire;
  failures_ = 0;
  due_ = now + within_bounds(times.refresh);
}

void RefreshTimer::failed(const RefreshTimes& times, Instant now) {
  looked_ = now;
  expire_ = times.expire;
  const bool nothing_held = times.expire.count() == 0;
  due_ = now + (nothing_held ? kFirstRetry * (1 << std::min(failures_, kMostDoublings))
                             : within_bounds(times.retry));
  ++failures_;
}

}  // namespace meridian::control
