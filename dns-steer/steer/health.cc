#include "dns-steer/steer/health.h"

#include <memory>
#include <tuple>
#include <utility>

namespace meridian::dns {
namespace {

/// Whether `rule` lets `candidate` answer that `is_healthy` or not.
bool may_answer(Eligible rule, const Candidate& candidate, bool is_healthy, bool was_healthy) {
  switch (rule) {
    case Eligible::healthy:
      return is_healthy && !candidate.drained;
    case Eligible::healthy_drained:
      return is_healthy;
    case Eligible::all:
      return !candidate.drained;
    case Eligible::all_drained:
      return true;
    case Eligible::last_good:
      return was_healthy;
    case Eligible::fixed:
    case Eligible::nobody:
      return false;
  }
  return false;
}

void add_member(const Policy& policy, std::uint32_t number, std::uint32_t weight,
                BranchHealth& branch) {
  branch.live = true;
  if (policy.method == Method::proximity) return;
  if (weight == 0) return branch.spare.push_back(number);
  branch.members.push_back(number);
  if (policy.method != Method::weighted) return;
  const auto before = branch.weights.empty() ? 0 : branch.weights.back();
  branch.weights.push_back(before + weight);
}

/// `branches` holds what is nested already.
BranchHealth find_live(const Policy& policy, const Branch& branch, const LiveCandidates& candidates,
                       const std::vector<BranchHealth>& branches) {
  BranchHealth result;
  if (policy.members.empty()) {
    for (const auto location : candidates.locations()) add_member(policy, location, 1, result);
    return result;
  }
  for (std::uint32_t i = 0; i < policy.members.size(); ++i) {
    const auto& member = policy.members[i];
    const bool live = member.is_location() ? candidates.contains(member.location)
                                           : branches[branch.below[i]].live;
    if (live) add_member(policy, i, member.weight, result);
  }
  return result;
}

/// Innermost first.
void find_live(const Fleet& fleet, const Policy& top, std::uint32_t place, std::vector<char>& done,
               FamilyHealth& health) {
  if (done[place] != 0) return;
  done[place] = 1;
  const auto& branch = top.tree[place];
  for (const auto below : branch.below) {
    if (below != 0) find_live(fleet, top, below, done, health);
  }
  health.branches[place] =
      find_live(fleet.policies[branch.policy], branch, health.candidates, health.branches);
}

template <class May>
void fill(const Fleet& fleet, const Policy& policy, const CandidateSet& candidates, May may,
          FamilyHealth& health) {
  health.candidates = LiveCandidates(candidates, policy.reach, may);
  health.branches.resize(policy.tree.size());
  std::vector<char> done(policy.tree.size());
  find_live(fleet, policy, 0, done, health);
}

}  // namespace

bool operator==(const HealthView::EdgeState& a, const HealthView::EdgeState& b) {
  return std::tie(a.up, a.reason, a.unserviceable_sites) ==
         std::tie(b.up, b.reason, b.unserviceable_sites);
}

HealthTable::HealthTable(const Fleet& fleet, const HealthView& view, const LastGood& last_good)
    : up_(fleet.edges.size(), 1),
      reasons_(fleet.edges.size()),
      sites_(fleet.sites.size()),
      verdicts_fresh_(view.verdicts_fresh) {
  read(fleet, view);
  using Memory = std::array<std::shared_ptr<const LastGood::Edges>, 2>;
  std::map<std::tuple<std::uint32_t, std::uint32_t, std::uint32_t, Memory>, std::uint32_t> known;
  for (std::uint32_t i = 0; i < fleet.sites.size(); ++i) {
    const auto& site = fleet.sites[i];
    const auto& policy = fleet.policies[site.policy];
    Memory memory;
    if (policy.panic_mode == PanicMode::last_good)
      memory = {last_good.find(fleet, i, Family::v4), last_good.find(fleet, i, Family::v6)};
    const auto [state, added] =
        known.try_emplace({site.policy, site.candidates, sites_[i].unable, memory},
                          static_cast<std::uint32_t>(states_.size()));
    sites_[i].state = state->second;
    if (!added) continue;
    State found{{decide(fleet, i, Family::v4, memory[0].get()),
                 decide(fleet, i, Family::v6, memory[1].get())},
                {}};
    if (policy.restricts) {
      found.everybody.resize(2);
      for (const auto family : {Family::v4, Family::v6})
        fill(
            fleet, policy, fleet.candidates_of(site, family), [](const auto&) { return true; },
            found.everybody[family == Family::v4 ? 0 : 1]);
    }
    states_.push_back(std::move(found));
  }
}

void HealthTable::read(const Fleet& fleet, const HealthView& view) {
  std::map<std::string, Edges> unable;  // by site
  for (std::uint32_t i = 0; i < fleet.edges.size(); ++i) {
    const auto known = view.edges.find(fleet.edges[i].name);
    if (known == view.edges.end()) continue;
    up_[i] = known->second.up ? 1 : 0;
    reasons_[i] = known->second.reason;
    for (const auto& site : known->second.unserviceable_sites) unable[site].push_back(i);
  }
  unable_.emplace_back();
  if (unable.empty()) return;
  std::map<Edges, std::uint32_t> sets;
  for (std::uint32_t i = 0; i < fleet.sites.size(); ++i) {
    const auto known = unable.find(fleet.sites[i].name);
    if (known == unable.end()) continue;
    const auto [set, added] =
        sets.try_emplace(known->second, static_cast<std::uint32_t>(unable_.size()));
    if (added) unable_.push_back(known->second);
    sites_[i].unable = set->second;
  }
}

FamilyHealth HealthTable::decide(const Fleet& fleet, std::uint32_t site, Family family,
                                 const LastGood::Edges* last_good) const {
  const auto& policy = fleet.policies[fleet.sites[site].policy];
  const auto& candidates = fleet.candidates_of(fleet.sites[site], family);
  const auto was_healthy = [&](const Candidate& one) {
    return last_good != nullptr && last_good->contains(fleet.edges[one.edge].name);
  };
  FamilyHealth health;
  auto& counts = health.counts;
  for (const auto& candidate : candidates.all) {
    if (!policy.reach.contains(candidate.location)) continue;
    const bool serving = serves(candidate.edge, site);
    (candidate.drained ? counts.drained : counts.active) += 1;
    if (serving) (candidate.drained ? counts.healthy_drained : counts.healthy) += 1;
    counts.has_last_good = counts.has_last_good || was_healthy(candidate);
  }
  health.eligible = decide_eligible(policy, counts);
  const auto may = [&](const Candidate& one) {
    return may_answer(health.eligible, one, serves(one.edge, site), was_healthy(one));
  };
  fill(fleet, policy, candidates, may, health);
  return health;
}

}  // namespace meridian::dns
