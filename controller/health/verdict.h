#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "common/base/time.h"
#include "controller/health/hold_down.h"
#include "controller/health/vote.h"
#include "meridian/v1/distribution.pb.h"

namespace meridian::control {

/// What one edge says of itself: sites that it cannot serve, and its load.
struct EdgeReport {
  std::set<std::string> unserviceable_sites;
  Instant cast;
  std::optional<v1::EdgeLoad> load = {};
};

/// Who is judged, and for whom: from the configuration.
struct Electorate {
  std::set<std::string> edges;
  std::set<std::string> locations;                          // of DNS nodes
  std::map<std::string, v1::EdgeCapacity> capacities = {};  // of those edges that declare one
};

/// A verdict that is not what it was.
struct VerdictChange {
  std::string edge;
  std::string location;  // for those who ask from there; empty: for everybody
  bool healthy = false;
  std::string reason;
};

/// The verdicts on all edges, as each location's DNS nodes get them; the empty location stands for
/// the world as a whole. Pure; one thread at a time.
class Verdicts {
 public:
  struct Round {
    std::vector<VerdictChange> changes;
    bool news = false;  // a verdict or a list of unserviceable sites differs from the last round
  };
  /// Judges all edges for all locations.
  Round judge_all(const Electorate& electorate, const Ballots& fresh,
                  const std::map<std::string, EdgeReport>& reports, Instant now);

  /// Ordered by edge. Null for a location that was not in the last round.
  using List = std::vector<v1::EdgeVerdict>;
  const List* seen_from(const std::string& location) const;
  /// Null if there is none.
  const v1::EdgeVerdict* find(const std::string& location, const std::string& edge) const;

 private:
  std::map<std::string, std::map<std::string, HoldDown>> holds_;  // location, edge
  std::map<std::string, List> lists_;                             // location
};

}  // namespace meridian::control
