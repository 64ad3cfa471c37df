#pragma once

#include <chrono>
#include <cstdint>

#include "common/base/time.h"
#include "controller/health/quorum.h"

namespace meridian::control {

inline constexpr std::chrono::seconds kFirstHoldDown{5};
inline constexpr std::chrono::seconds kLongestHoldDown{300};
inline constexpr std::chrono::minutes kFlapMemory{10};

/// Fast down, slower up, and longer with every flap: the first recovery counts at once, the second
/// after kFirstHoldDown of steady health, each further one after twice the time, at most
/// kLongestHoldDown. kFlapMemory without a failure forgets. Pure; one thread at a time.
class HoldDown {
 public:
  /// The state after `opinion` at `now`. Unknown counts as up; silence changes nothing.
  bool healthy(Opinion opinion, Instant now);
  /// How long it must still be seen up; zero when it is healthy or is seen down.
  std::chrono::seconds left(Instant now) const;

 private:
  std::chrono::seconds hold() const;

  bool healthy_ = true;
  bool seen_up_ = true;
  std::uint32_t failures_ = 0;
  Instant seen_up_since_{};
  Instant last_failure_{};
};

}  // namespace meridian::control
