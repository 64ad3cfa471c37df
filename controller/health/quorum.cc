#include "controller/health/quorum.h"

#include <algorithm>

namespace meridian::control {
namespace {

bool sees_something_up(const Ballot& ballot) {
  return std::any_of(ballot.votes.begin(), ballot.votes.end(),
                     [](const auto& vote) { return vote.second.healthy; });
}

struct Count {
  std::size_t all = 0;
  std::size_t down = 0;
  std::string reason;  // of the first vantage point that says down

  void add(const Vote& vote) {
    ++all;
    if (vote.healthy) return;
    if (++down == 1) reason = vote.reason;
  }
  std::string text(const std::string& where) const {
    auto said = std::to_string(down) + " of " + std::to_string(all) + " vantage points" + where +
                (down == 1 && all == 1 ? " says down" : " say down");
    return reason.empty() ? said : said + " (" + reason + ")";
  }
};

}  // namespace

Ballots credible(const Ballots& ballots) {
  const bool anything_up = std::any_of(ballots.begin(), ballots.end(), [](const auto& entry) {
    return sees_something_up(entry.second);
  });
  Ballots kept = ballots;
  std::erase_if(kept, [anything_up](const auto& entry) {
    const auto& votes = entry.second.votes;
    return votes.empty() || (anything_up && votes.size() >= 2 && !sees_something_up(entry.second));
  });
  return kept;
}

Judgement judge(const std::string& edge, const std::string& location, const Ballots& ballots) {
  if (ballots.empty()) return {Opinion::silent, "no vantage point reports"};
  Count world;
  Count here;
  for (const auto& [vantage, ballot] : ballots) {
    const auto vote = ballot.votes.find(edge);
    if (vote == ballot.votes.end()) continue;
    world.add(vote->second);
    if (ballot.location == location) here.add(vote->second);
  }
  if (world.all == 0) return {Opinion::unknown, "no vantage point probes it yet"};
  if (world.down * 100 >= world.all * kGlobalDownPercent) return {Opinion::down, world.text("")};
  if (here.all > 0 && here.down == here.all) return {Opinion::down, here.text(" in " + location)};
  if (world.down == 0) return {Opinion::up, ""};
  return {Opinion::up, world.text("") + ", too few to take it from everybody"};
}

}  // namespace meridian::control
