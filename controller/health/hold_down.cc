#include "controller/health/hold_down.h"

#include <algorithm>

namespace meridian::control {

std::chrono::seconds HoldDown::hold() const {
  if (failures_ <= 1) return std::chrono::seconds(0);
  const auto doublings = std::min<std::uint32_t>(failures_ - 2, 16);
  return std::min(kFirstHoldDown * (1 << doublings), kLongestHoldDown);
}

bool HoldDown::healthy(Opinion opinion, Instant now) {
  if (opinion == Opinion::silent) return healthy_;
  if (opinion == Opinion::down) {
    if (healthy_) ++failures_;
    healthy_ = false;
    seen_up_ = false;
    last_failure_ = now;
    return false;
  }
  if (!seen_up_) seen_up_since_ = now;
  seen_up_ = true;
  if (!healthy_) healthy_ = now - seen_up_since_ >= hold();
  if (healthy_ && failures_ > 0 && now - last_failure_ >= kFlapMemory) failures_ = 0;
  return healthy_;
}

std::chrono::seconds HoldDown::left(Instant now) const {
  if (healthy_ || !seen_up_) return std::chrono::seconds(0);
  return std::chrono::ceil<std::chrono::seconds>(seen_up_since_ + hold() - now);
}

}  // namespace meridian::control
