#pragma once

#include <chrono>

#include "common/base/time.h"

namespace meridian::control {

/// What the SOA of the zone that is held says; all 0: nothing is held yet.
struct RefreshTimes {
  std::chrono::seconds refresh{0};
  std::chrono::seconds retry{0};
  std::chrono::seconds expire{0};
};

/// When to look at the primaries of one zone (RFC 1034 section 4.3.5). A value; pure.
class RefreshTimer {
 public:
  using Seconds = std::chrono::seconds;

  // Whatever a primary's SOA says.
  static constexpr Seconds kShortest{5};
  static constexpr Seconds kLongest{86'400};
  static constexpr Seconds kFirstRetry{2};  // while nothing is held: doubled up to a minute
  static constexpr int kMostDoublings = 5;
  static constexpr Seconds kPause{1};  // between two looks

  /// Due at once.
  explicit RefreshTimer(Instant now) : due_(now), heard_(now) {}

  Instant due() const { return due_; }
  /// Nobody was reached for as long as EXPIRE.
  bool expired(Instant now) const;

  /// Other primaries were declared: due at once.
  void begin_anew(Instant now);
  /// Somebody wishes a look.
  void hasten(Instant now);
  /// A primary was reached, and what it has is held.
  void reached(const RefreshTimes& times, Instant now);
  /// None was, or none has what can be taken.
  void failed(const RefreshTimes& times, Instant now);

 private:
  Instant due_;
  Instant looked_{};
  Instant heard_;  // from a primary, or began to try
  Seconds expire_{0};
  int failures_ = 0;
};

}  // namespace meridian::control
