#include "edge-node/protect/overload.h"

#include <algorithm>

namespace meridian::edge {

/// `part`: of the limits, in percent.
Overload::Shed Overload::called_for(std::size_t fetches, int part) const {
  using std::chrono::nanoseconds;
  const auto reaches = [part](auto value, auto limit) { return value * 100 >= limit * part; };
  if (lag_ && reaches(*lag_, nanoseconds(limits_.lag_for_connections))) return Shed::connections;
  if ((lag_ && reaches(*lag_, nanoseconds(limits_.lag_for_misses))) ||
      reaches(fetches, limits_.fetches))
    return Shed::misses;
  return Shed::nothing;
}

void Overload::measure(std::chrono::nanoseconds lag, std::size_t fetches, Instant now) {
  const bool ends = window_began_ && now - *window_began_ >= limits_.window;
  if (ends) lag_ = least_lag_;
  if (ends || !window_began_) {
    window_began_ = now;
    least_lag_ = lag;
  }
  least_lag_ = std::min(least_lag_, lag);
  const Shed before = shed();
  const Shed wanted = called_for(fetches, 100);
  // It has to become clearly better, and stay so, before what was shed is taken on again.
  constexpr int kClearly = 50;
  if (wanted >= before || called_for(fetches, kClearly) >= before) needed_at_ = now;
  if (wanted > before)
    shed_.store(wanted, std::memory_order_relaxed);
  else if (before != Shed::nothing && now - needed_at_ >= limits_.calm) {
    shed_.store(wanted, std::memory_order_relaxed);
    needed_at_ = now;
  }
}

}  // namespace meridian::edge
