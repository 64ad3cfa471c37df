#include "controller/health/verdict.h"

#include <algorithm>
#include <utility>

#include "controller/health/utilisation.h"

namespace meridian::control {
namespace {

v1::EdgeVerdict verdict_on(const std::string& edge, const Judgement& judgement, HoldDown& hold,
                           Instant now) {
  v1::EdgeVerdict verdict;
  verdict.set_node(edge);
  verdict.set_healthy(hold.healthy(judgement.opinion, now));
  verdict.set_reason(judgement.reason);
  if (const auto left = hold.left(now); left.count() > 0)
    verdict.set_reason("seen up again; counts as healthy after " + std::to_string(left.count()) +
                       "s more, because it has failed repeatedly");
  return verdict;
}

/// What an edge said of itself, while it is news.
void add_condition(const EdgeReport& report, const Electorate& electorate,
                   v1::EdgeVerdict& verdict) {
  for (const auto& site : report.unserviceable_sites) verdict.add_unserviceable_sites(site);
  if (!report.load) return;
  *verdict.mutable_load() = *report.load;
  const auto capacity = electorate.capacities.find(verdict.node());
  if (capacity == electorate.capacities.end()) return;
  if (const auto share = utilisation(*report.load, capacity->second))
    verdict.set_utilisation(*share);
}

bool same_sites(const v1::EdgeVerdict& a, const v1::EdgeVerdict& b) {
  return std::equal(a.unserviceable_sites().begin(), a.unserviceable_sites().end(),
                    b.unserviceable_sites().begin(), b.unserviceable_sites().end());
}

const v1::EdgeVerdict* find_in(const Verdicts::List& list, const std::string& edge) {
  const auto found = std::lower_bound(list.begin(), list.end(), edge,
                                      [](const v1::EdgeVerdict& verdict, const std::string& name) {
                                        return verdict.node() < name;
                                      });
  return found != list.end() && found->node() == edge ? &*found : nullptr;
}

}  // namespace

Verdicts::Round Verdicts::judge_all(const Electorate& electorate, const Ballots& fresh,
                                    const std::map<std::string, EdgeReport>& reports, Instant now) {
  const auto ballots = credible(fresh);
  auto locations = electorate.locations;
  locations.insert("");
  std::erase_if(holds_, [&](const auto& entry) { return !locations.contains(entry.first); });
  std::erase_if(lists_, [&](const auto& entry) { return !locations.contains(entry.first); });

  Round round;
  for (const auto& location : locations) {
    auto& holds = holds_[location];
    std::erase_if(holds,
                  [&](const auto& entry) { return !electorate.edges.contains(entry.first); });
    List list;
    auto& before = lists_[location];
    for (const auto& edge : electorate.edges) {
      auto& verdict =
          list.emplace_back(verdict_on(edge, judge(edge, location, ballots), holds[edge], now));
      const auto report = reports.find(edge);
      if (report != reports.end() && now - report->second.cast <= kVoteLife)
        add_condition(report->second, electorate, verdict);
      const auto* old = find_in(before, edge);
      const bool was_healthy = old == nullptr || old->healthy();
      if (was_healthy != verdict.healthy())
        round.changes.push_back({edge, location, verdict.healthy(), verdict.reason()});
      if (old == nullptr || was_healthy != verdict.healthy() || !same_sites(*old, verdict))
        round.news = true;
    }
    if (before.size() != list.size()) round.news = true;
    before = std::move(list);
  }
  return round;
}

const Verdicts::List* Verdicts::seen_from(const std::string& location) const {
  const auto found = lists_.find(location);
  return found == lists_.end() ? nullptr : &found->second;
}

const v1::EdgeVerdict* Verdicts::find(const std::string& location, const std::string& edge) const {
  const auto* list = seen_from(location);
  return list == nullptr ? nullptr : find_in(*list, edge);
}

}  // namespace meridian::control
