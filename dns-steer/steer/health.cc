#include "dns-steer/steer/health.h"

#include <tuple>

namespace meridian::dns {

bool operator==(const HealthView::EdgeState& a, const HealthView::EdgeState& b) {
  return std::tie(a.up, a.reason, a.unserviceable_sites) ==
         std::tie(b.up, b.reason, b.unserviceable_sites);
}

HealthTable::HealthTable(const Fleet& fleet, const HealthView& view)
    : up_(fleet.edges.size(), 1),
      reasons_(fleet.edges.size()),
      sites_(fleet.sites.size()),
      verdicts_fresh_(view.verdicts_fresh) {
  std::map<std::string, std::vector<std::uint32_t>> unable;  // site -> edges
  for (std::uint32_t i = 0; i < fleet.edges.size(); ++i) {
    const auto known = view.edges.find(fleet.edges[i].name);
    if (known == view.edges.end()) continue;
    up_[i] = known->second.up ? 1 : 0;
    reasons_[i] = known->second.reason;
    for (const auto& site : known->second.unserviceable_sites) unable[site].push_back(i);
  }
  for (std::uint32_t i = 0; i < fleet.sites.size(); ++i) {
    sites_[i].first_unable = static_cast<std::uint32_t>(unable_.size());
    if (const auto known = unable.find(fleet.sites[i].name); known != unable.end())
      unable_.insert(unable_.end(), known->second.begin(), known->second.end());
    sites_[i].unable = static_cast<std::uint32_t>(unable_.size()) - sites_[i].first_unable;
    sites_[i].eligible = {decide(fleet, i, Family::v4), decide(fleet, i, Family::v6)};
  }
}

Eligible HealthTable::decide(const Fleet& fleet, std::uint32_t site, Family family) const {
  const auto& policy = fleet.policies[fleet.sites[site].policy];
  std::size_t active = 0;
  std::size_t healthy = 0;
  std::size_t drained = 0;
  std::size_t healthy_drained = 0;
  for (const auto& candidate : fleet.candidates_of(fleet.sites[site], family).all) {
    const bool serving = serves(candidate.edge, site);
    (candidate.drained ? drained : active) += 1;
    if (serving) (candidate.drained ? healthy_drained : healthy) += 1;
  }
  const bool panics = policy.panic_mode == PanicMode::all;
  if (healthy > 0) {
    const auto share = static_cast<double>(healthy) / static_cast<double>(active);
    return panics && share < policy.panic_below ? Eligible::all : Eligible::healthy;
  }
  if (healthy_drained > 0) return Eligible::healthy_drained;
  if (!panics || active + drained == 0) return Eligible::nobody;
  return active > 0 ? Eligible::all : Eligible::all_drained;
}

}  // namespace meridian::dns
