#pragma once

#include <vector>

#include "common/base/time.h"
#include "dns-steer/steer/health.h"
#include "dns-steer/steer/load_state.h"
#include "meridian/v1/distribution.pb.h"
#include "meridian/v1/health.pb.h"

namespace meridian::dns {

/// Weighs the controller's verdicts against this node's own votes (DESIGN 6): while verdicts are
/// fresh they decide; when they grow stale, own probes do. Time comes in. One thread at a time.
class HealthState {
 public:
  void take(const v1::HealthUpdate& update, Instant now);
  void take(const std::vector<v1::EdgeVote>& own_votes);
  HealthView view(Instant now) const;
  /// How full edges are, as the newest update says.
  Utilisations utilisations() const;

 private:
  v1::HealthUpdate verdicts_;
  Instant fresh_until_{};
  std::vector<v1::EdgeVote> votes_;
};

}  // namespace meridian::dns
