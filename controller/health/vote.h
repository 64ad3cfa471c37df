#pragma once

#include <chrono>
#include <map>
#include <string>
#include <vector>

#include "common/base/time.h"

namespace meridian::control {

/// Votes and reports older than this count no more.
inline constexpr std::chrono::seconds kVoteLife{5};

/// What one vantage point saw of one edge.
struct Vote {
  bool healthy = false;
  std::string reason;
};
/// By the edge's name.
using Votes = std::map<std::string, Vote>;

/// The newest votes of one vantage point: a `dns-steer` node.
struct Ballot {
  std::string location;
  Votes votes;
  Instant cast;
};
/// By the vantage point's name.
using Ballots = std::map<std::string, Ballot>;

/// Collects ballots; each replaces the one before it. Pure; one thread at a time.
class BallotBox {
 public:
  void cast(const std::string& vantage, Ballot ballot);
  /// Those not older than kVoteLife; what is older is dropped.
  const Ballots& fresh(Instant now);

 private:
  Ballots ballots_;
};

}  // namespace meridian::control
