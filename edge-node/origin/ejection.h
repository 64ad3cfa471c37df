#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <span>

#include "common/base/time.h"

namespace meridian::edge {

/// As v1::Ejection says.
struct EjectionSettings {
  std::uint32_t failures = 5;  // in a row; 0: never
  std::chrono::milliseconds duration{10'000};
  std::uint32_t max_percent = 50;
};

/// What real requests have said of one origin. Atomics, shared by all workers: counts may be off by
/// the few requests that end at the same moment. Pure; any thread.
class EjectionState {
 public:
  /// An answer. Ejections in a row are forgotten when the origin has served as long as the last
  /// one lasted.
  void succeed(Instant now);
  /// True: that was one too many, the caller should eject it.
  bool fail(Instant now, const EjectionSettings& settings);
  /// Takes it out, twice as long as the last time in a row, at most 16 times `duration`.
  void eject(Instant now, const EjectionSettings& settings);
  /// eject() went too far.
  void undo() { until_.store(0); }

  bool is_ejected(Instant now) const { return now.time_since_epoch().count() < until_.load(); }
  /// When it came or comes back; Instant{}: it was never ejected.
  Instant until() const { return Instant(Instant::duration(until_.load())); }

 private:
  std::atomic<std::uint32_t> failures_{0};   // in a row
  std::atomic<std::uint32_t> ejections_{0};  // in a row
  std::atomic<Instant::rep> until_{0};
  std::atomic<Instant::rep> last_{0};  // duration of the last one
};

/// One origin of a pool, for the bounds of all together.
struct PoolMember {
  bool up = true;
  bool ejected = false;
};

/// One more may be ejected: no more than `max_percent` are then, and one that is up stays.
/// `ejected` of the one in question says false.
bool may_eject(std::span<const PoolMember> members, std::size_t which,
               const EjectionSettings& settings);

/// The share of its weight that an origin gets which came back at `since`: grows from a tenth to
/// the whole over `slow_start`. Pure.
double slow_start_share(Instant now, Instant since, std::chrono::milliseconds slow_start);

}  // namespace meridian::edge
