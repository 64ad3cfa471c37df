#pragma once

#include <chrono>
#include <string>

#include "common/base/time.h"

namespace meridian::dns {

/// When to probe, and how many results in a row it takes to change one's mind.
struct ProbeSchedule {
  std::chrono::milliseconds interval{1'000};
  /// After a first failure there is no time to lose (DESIGN 6: out of all answers within 3 s).
  std::chrono::milliseconds suspicion_interval{250};
  std::chrono::milliseconds deadline{800};
  int fall = 2;
  int rise = 2;
};

/// What one address of an edge looks like from here. Pure; time comes in.
class ProbeState {
 public:
  explicit ProbeState(ProbeSchedule schedule = {}) : schedule_(schedule) {}

  /// A probe begun at `began` ended: `failure` says why it failed, and is empty for a success.
  /// Returns when the next one should begin.
  Instant finish(Instant began, std::string failure);

  /// The first result decides at once: there is nothing that it could contradict.
  bool known() const { return known_; }
  bool up() const { return up_; }
  /// It was up at some time.
  bool ever_up() const { return ever_up_; }
  /// Why it is down; empty while it is up.
  const std::string& reason() const { return reason_; }

 private:
  ProbeSchedule schedule_;
  bool known_ = false;
  bool up_ = false;
  bool ever_up_ = false;
  int contradictions_ = 0;  // results in a row that are not what `up_` says
  std::string reason_;
};

}  // namespace meridian::dns
