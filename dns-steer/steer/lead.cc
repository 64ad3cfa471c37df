#include "dns-steer/steer/lead.h"

#include <algorithm>
#include <map>

namespace meridian::dns {

std::vector<const PlaceTable*> tables_of(const Fleet& fleet, const Policy& policy) {
  std::vector<const PlaceTable*> tables;
  for (const auto& branch : policy.tree) {
    const auto* table = fleet.policies[branch.policy].places.get();
    if (table != nullptr && std::find(tables.begin(), tables.end(), table) == tables.end())
      tables.push_back(table);
  }
  return tables;
}

Leader::Leader(const Fleet& fleet, const Policy& policy, const CandidateSet& candidates)
    : fleet_(fleet),
      policy_(policy),
      tables_(tables_of(fleet, policy)),
      active_(fleet.locations.size()),
      all_(fleet.locations.size()) {
  for (const auto& one : candidates.all) {
    if (!policy.reach.contains(one.location)) continue;
    all_.add(one.location);
    if (one.drained || active_.contains(one.location)) continue;
    active_.add(one.location);
    only_active_ = one.location;
    ++active_locations_;
  }
}

const LocationSet& Leader::live(std::optional<LocationId> lost) const {
  const bool none_is_left =
      active_locations_ == 0 || (active_locations_ == 1 && lost == only_active_);
  return none_is_left ? all_ : active_;
}

Lead Leader::lead(std::span<const std::uint32_t> rankings, std::optional<LocationId> lost) const {
  return ask(0, {rankings, lost, live(lost)}, nullptr);
}

Ranking Leader::ranking_of(const Policy& policy, const Crowd& crowd) const {
  const auto table = std::find(tables_.begin(), tables_.end(), policy.places.get());
  if (table == tables_.end()) return {};
  const auto number = static_cast<std::size_t>(table - tables_.begin());
  return (*table)->all_rankings().at(crowd.rankings[number]);
}

Lead Leader::ask(std::uint32_t place, const Crowd& crowd, const Restriction* outer) const {
  const auto& branch = policy_.tree[place];
  const auto& policy = fleet_.policies[branch.policy];
  const auto ranking = ranking_of(policy, crowd);
  const auto* allowed =
      ranking.restriction == kNoOverride ? nullptr : &policy.allowed[ranking.restriction];
  const Restriction restriction{allowed, outer};
  for (const auto location : ranking.locations) {
    if (crowd.live.contains(location) && location != crowd.lost && restriction.allows(location))
      return {{location, 1}};
  }
  if (policy.method == Method::proximity) return {};  // its whole order is by place

  const auto members = policy.members.empty() ? fleet_.locations.size() : policy.members.size();
  const auto weight_of = [&](std::size_t i) {
    return policy.members.empty() ? 1 : policy.members[i].weight;
  };
  std::map<LocationId, double> shares;
  double together = 0;
  for (std::size_t i = 0; i < members; ++i) {
    if (weight_of(i) == 0) continue;
    const auto lead = ask_member(branch, i, crowd, restriction);
    if (lead.empty()) continue;
    if (policy.method == Method::failover) return lead;
    for (const auto& one : lead) shares[one.location] += one.share * weight_of(i);
    together += weight_of(i);
  }
  Lead result;
  for (const auto& [location, share] : shares) result.push_back({location, share / together});
  for (std::size_t i = 0; i < members && result.empty(); ++i) {
    if (weight_of(i) == 0) result = ask_member(branch, i, crowd, restriction);
  }
  return result;
}

Lead Leader::ask_member(const Branch& branch, std::size_t member, const Crowd& crowd,
                        const Restriction& restriction) const {
  const auto& policy = fleet_.policies[branch.policy];
  auto location = static_cast<LocationId>(member);
  if (!policy.members.empty()) {
    if (!policy.members[member].is_location())
      return ask(branch.below[member], crowd, &restriction);
    location = policy.members[member].location;
  }
  if (!crowd.live.contains(location) || location == crowd.lost || !restriction.allows(location))
    return {};
  return {{location, 1}};
}

bool Leader::is_by_name(std::span<const std::uint32_t> rankings) const {
  for (std::size_t i = 0; i < tables_.size(); ++i) {
    const auto ranking = tables_[i]->all_rankings().at(rankings[i]);
    if (ranking.restriction != kNoOverride || !std::ranges::is_sorted(ranking.locations))
      return false;
  }
  return true;
}

}  // namespace meridian::dns
