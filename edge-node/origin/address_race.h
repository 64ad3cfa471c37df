#pragma once

#include <chrono>
#include <cstddef>
#include <optional>

#include "common/base/time.h"

namespace meridian::edge {

/// When to try which of several addresses, so that one that does not answer holds up nobody for
/// long (RFC 8305 section 5): the next one starts when the one before has failed, or has taken
/// kStagger, whichever comes first. Pure.
class AddressRace {
 public:
  static constexpr std::chrono::milliseconds kStagger{250};

  explicit AddressRace(std::size_t addresses) : addresses_(addresses) {}

  /// The address to start with now. No value: none, before next_start().
  std::optional<std::size_t> start(Instant now) {
    if (started_ == addresses_ || now < next_start_) return std::nullopt;
    next_start_ = now + kStagger;
    return started_++;
  }
  /// One has failed.
  void fail(Instant now) {
    ++failed_;
    next_start_ = now;
  }
  /// Instant::max(): all have started.
  Instant next_start() const { return started_ == addresses_ ? Instant::max() : next_start_; }
  bool is_lost() const { return failed_ == addresses_; }

 private:
  std::size_t addresses_;
  std::size_t started_ = 0, failed_ = 0;
  Instant next_start_{};
};

}  // namespace meridian::edge
