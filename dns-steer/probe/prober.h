#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "common/net/address.h"
#include "dns-steer/probe/probe.h"
#include "dns-steer/probe/probe_state.h"
#include "meridian/v1/health.pb.h"

namespace meridian::dns {

/// An edge to probe.
struct ProbeTarget {
  std::string node;
  std::vector<Endpoint> endpoints;
  ProbedName name;
};

struct ProbeCounts {
  std::uint64_t succeeded = 0;
  std::uint64_t failed = 0;
};

/// Probes all edges from a thread of its own, each address once an interval and spread over it.
class Prober {
 public:
  /// The votes on all edges whose every address has been probed. Called on the prober's thread:
  /// once a second, and at once when a vote changes.
  using OnVotes = std::function<void(std::vector<v1::EdgeVote>)>;

  explicit Prober(OnVotes on_votes, ProbeSchedule schedule = {});
  /// Stops and joins.
  ~Prober();

  /// From now on these. What is known of an address that stays is kept. Any thread.
  void set_targets(std::vector<ProbeTarget> targets);
  /// Any thread.
  ProbeCounts counts() const;

 private:
  class State;
  std::unique_ptr<State> state_;
};

}  // namespace meridian::dns
