#include "dns-steer/probe/probe_state.h"

#include <utility>

namespace meridian::dns {

Instant ProbeState::finish(Instant began, std::string failure) {
  const bool success = failure.empty();
  if (known_ && success == up_) {
    contradictions_ = 0;
    if (!success) reason_ = std::move(failure);
    return began + schedule_.interval;
  }
  ++contradictions_;
  if (known_ && contradictions_ < (up_ ? schedule_.fall : schedule_.rise))
    return began + (up_ ? schedule_.suspicion_interval : schedule_.interval);
  known_ = true;
  up_ = success;
  ever_up_ = ever_up_ || success;
  contradictions_ = 0;
  reason_ = std::move(failure);
  return began + schedule_.interval;
}

}  // namespace meridian::dns
