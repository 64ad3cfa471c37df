#include "controller/distribute/health_board.h"

#include <algorithm>
#include <utility>

namespace meridian::control {

void HealthBoard::take_votes(const Reporter& from, const v1::HealthReport& report, Instant now) {
  Ballot ballot{from.location, {}, now};
  const int count = std::min(report.votes_size(), kMostVotes);
  for (int i = 0; i < count; ++i) {
    const auto& vote = report.votes(i);
    ballot.votes[vote.node()] = {vote.healthy(), vote.reason()};
  }
  const std::lock_guard lock(mutex_);
  box_.cast(from.node, std::move(ballot));
}

void HealthBoard::take_condition(const Reporter& from, const v1::HealthReport& report,
                                 Instant now) {
  EdgeReport condition{.unserviceable_sites = {}, .cast = now};
  const int count = std::min(report.unserviceable_sites_size(), kMostSites);
  for (int i = 0; i < count; ++i)
    condition.unserviceable_sites.insert(report.unserviceable_sites(i).site());
  if (report.has_load()) condition.load = report.load();
  const std::lock_guard lock(mutex_);
  reports_[from.node] = std::move(condition);
}

Verdicts::Round HealthBoard::judge(const Electorate& electorate, Instant now) {
  const std::lock_guard lock(mutex_);
  std::erase_if(reports_,
                [&](const auto& entry) { return !electorate.edges.contains(entry.first); });
  auto round = verdicts_.judge_all(electorate, box_.fresh(now), reports_, now);
  if (judged_) ++sequence_;
  judged_ = true;
  updates_.clear();
  return round;
}

HealthUpdatePtr HealthBoard::update_for(const std::string& location) {
  const std::lock_guard lock(mutex_);
  const auto* verdicts = verdicts_.seen_from(location);
  if (verdicts == nullptr) return nullptr;
  auto& update = updates_[location];
  if (!update) {
    auto made = std::make_shared<v1::HealthUpdate>();
    made->set_sequence(sequence_);
    made->mutable_valid_for()->set_seconds(kValidFor.count());
    for (const auto& verdict : *verdicts) *made->add_edges() = verdict;
    update = std::move(made);
  }
  return update;
}

v1::EdgeVerdict HealthBoard::verdict_on(const std::string& edge) const {
  const std::lock_guard lock(mutex_);
  const auto* verdict = verdicts_.find("", edge);
  return verdict == nullptr ? v1::EdgeVerdict() : *verdict;
}

std::size_t HealthBoard::unhealthy_edges() const {
  const std::lock_guard lock(mutex_);
  const auto* verdicts = verdicts_.seen_from("");
  if (verdicts == nullptr) return 0;
  return static_cast<std::size_t>(std::count_if(
      verdicts->begin(), verdicts->end(), [](const auto& verdict) { return !verdict.healthy(); }));
}

}  // namespace meridian::control
