#include "controller/health/vote.h"

#include <utility>

namespace meridian::control {

void BallotBox::cast(const std::string& vantage, Ballot ballot) {
  ballots_[vantage] = std::move(ballot);
}

const Ballots& BallotBox::fresh(Instant now) {
  std::erase_if(ballots_, [now](const auto& entry) { return now - entry.second.cast > kVoteLife; });
  return ballots_;
}

}  // namespace meridian::control
