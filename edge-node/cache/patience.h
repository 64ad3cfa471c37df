#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

#include "common/base/time.h"
#include "edge-node/cache/fill.h"

namespace meridian::edge {

/// How long the writer of a fill waits for the slowest readers of a window that is full. Pure.
class Patience {
 public:
  /// Without any move. Readers who take nothing are closed by limits of their own long before, and
  /// the slowest who are served take the largest chunk in that time: this bounds what a bug could
  /// hold up.
  static constexpr std::chrono::seconds kStill{600};
  /// How long, in all, others who have had everything wait for the slowest, before these are parted
  /// with unless they have taken as much as the largest window holds: who takes a fifth of that a
  /// second is never too slow.
  static constexpr std::chrono::seconds kHeldUp{5};

  enum class Verdict : std::uint8_t { wait, part, give_up };

  /// The writer begins to wait.
  void begin(Instant now) { moved_ = seen_ = now, was_awaited_ = false; }
  /// Whenever the writer looks at the window, at last when there is room. `part`: with the slowest.
  Verdict judge(const Fill::Window& window, Instant now) {
    if (window.passed != passed_) moved_ = now;
    passed_ = window.passed;
    if (was_awaited_ && window.is_awaited) held_up_ += now - seen_;
    seen_ = now;
    was_awaited_ = window.is_awaited;
    if (passed_ - counted_from_ >= Fill::kWindowBytes) count_anew();
    if (!window.has_room && was_awaited_ && held_up_ >= kHeldUp) {
      count_anew();
      return Verdict::part;
    }
    return now - moved_ >= kStill ? Verdict::give_up : Verdict::wait;
  }
  /// When it has to look again, if it is not told before.
  Instant deadline() const {
    const Instant still = moved_ + kStill;
    return was_awaited_ ? std::min(still, seen_ + (kHeldUp - held_up_)) : still;
  }

 private:
  void count_anew() {
    counted_from_ = passed_;
    held_up_ = {};
  }

  Instant moved_{};  // the slowest, last
  Instant seen_{};
  bool was_awaited_ = false;  // then
  std::uint64_t passed_ = 0;
  std::uint64_t counted_from_ = 0;  // `passed_` when `held_up_` was 0
  Clock::duration held_up_{};
};

}  // namespace meridian::edge
