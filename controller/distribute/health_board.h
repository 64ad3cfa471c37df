#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "common/base/time.h"
#include "controller/health/verdict.h"
#include "meridian/v1/distribution.pb.h"
#include "meridian/v1/health.pb.h"

namespace meridian::control {

using HealthUpdatePtr = std::shared_ptr<const v1::HealthUpdate>;

/// Who speaks in a report: name and location of a declared node.
struct Reporter {
  std::string node;
  std::string location;
};

/// What nodes report comes in; what each location's DNS nodes are told goes out. Any thread.
class HealthBoard {
 public:
  /// A longer report is cut off here.
  static constexpr int kMostVotes = 20'000;
  static constexpr int kMostSites = 10'000;
  /// Verdicts are stale when no newer update came for this long.
  static constexpr std::chrono::seconds kValidFor{5};

  /// `sequence` of the first update; from the clock, so that it also grows over a restart.
  explicit HealthBoard(std::uint64_t first_sequence) : sequence_(first_sequence) {}

  /// A DNS node's votes: they replace all that it cast before.
  void take_votes(const Reporter& from, const v1::HealthReport& report, Instant now);
  /// An edge's word about itself.
  void take_condition(const Reporter& from, const v1::HealthReport& report, Instant now);

  /// Judges anew; what update_for() returns from now on is the outcome.
  Verdicts::Round judge(const Electorate& electorate, Instant now);

  /// For DNS nodes of `location`. Null until it was judged for them.
  HealthUpdatePtr update_for(const std::string& location);
  /// For everybody, as operators see it; empty if it is no edge.
  v1::EdgeVerdict verdict_on(const std::string& edge) const;
  std::size_t unhealthy_edges() const;

 private:
  mutable std::mutex mutex_;  // guards what follows
  BallotBox box_;
  std::map<std::string, EdgeReport> reports_;
  Verdicts verdicts_;
  std::uint64_t sequence_;
  bool judged_ = false;                             // at least once
  std::map<std::string, HealthUpdatePtr> updates_;  // of this sequence, made when asked for
};

}  // namespace meridian::control
