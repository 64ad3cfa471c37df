#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "common/base/time.h"

namespace meridian::edge {

/// When a worker has more to do than it can.
struct OverloadLimits {
  /// Its loop comes to nothing sooner than this late, for all of `window`.
  std::chrono::milliseconds lag_for_misses{200};
  std::chrono::milliseconds lag_for_connections{500};
  std::chrono::milliseconds window{1000};
  std::size_t fetches = 4096;  // that wait for an origin's answer
  /// What was shed is taken on again when for so long there was no reason to shed it.
  std::chrono::milliseconds calm{5000};
};

/// What a worker takes on no more, so that the rest is still served: first what needs an origin,
/// then new connections. Hits on connections that are there always are. Decides by what is measured
/// at every tick; the shortest lag of a window, so that one long computation sheds nothing. Pure;
/// measured on one thread, read on any.
class Overload {
 public:
  enum class Shed : std::uint8_t { nothing, misses, connections };

  explicit Overload(const OverloadLimits& limits) : limits_(limits) {}

  /// `lag`: how late this tick came. `fetches`: that wait now.
  void measure(std::chrono::nanoseconds lag, std::size_t fetches, Instant now);

  Shed shed() const { return shed_.load(std::memory_order_relaxed); }
  bool sheds_connections() const { return shed() == Shed::connections; }
  /// A request that needs an origin. `fetches`: that wait now.
  bool sheds_miss(std::size_t fetches) const {
    return shed() != Shed::nothing || fetches >= limits_.fetches;
  }

 private:
  Shed called_for(std::size_t fetches, int part) const;

  OverloadLimits limits_;
  std::optional<Instant> window_began_;
  std::chrono::nanoseconds least_lag_{0};        // of this window
  std::optional<std::chrono::nanoseconds> lag_;  // of the last one
  Instant needed_at_;                            // when what is shed was called for last
  std::atomic<Shed> shed_{Shed::nothing};
};

}  // namespace meridian::edge
