#include "dns-steer/steer/last_good.h"

#include "dns-steer/steer/health.h"

namespace meridian::dns {

LastGood::Key LastGood::key(const Fleet& fleet, std::uint32_t site, Family family) {
  const auto& steered = fleet.sites[site];
  return {steered.name, fleet.policies[steered.policy].name, family};
}

std::shared_ptr<const LastGood::Edges> LastGood::find(const Fleet& fleet, std::uint32_t site,
                                                      Family family) const {
  const auto known = edges_.find(key(fleet, site, family));
  return known == edges_.end() ? nullptr : known->second;
}

LastGood LastGood::after(const Fleet& fleet, const HealthTable& health) const {
  LastGood result;
  std::map<const FamilyHealth*, std::shared_ptr<const Edges>> shared;  // many sites are alike
  for (std::uint32_t site = 0; site < fleet.sites.size(); ++site) {
    if (fleet.policies[fleet.sites[site].policy].panic_mode != PanicMode::last_good) continue;
    for (const auto family : {Family::v4, Family::v6}) {
      const auto& now = health.of(site, family);
      if (now.eligible != Eligible::healthy) {
        if (auto before = find(fleet, site, family))
          result.edges_.emplace(key(fleet, site, family), std::move(before));
        continue;
      }
      auto& edges = shared[&now];
      if (!edges) {
        Edges names;
        for (const auto number : now.candidates.all())
          names.insert(
              fleet.edges[fleet.candidates_of(fleet.sites[site], family).all[number].edge].name);
        edges = std::make_shared<const Edges>(std::move(names));
      }
      result.edges_.emplace(key(fleet, site, family), edges);
    }
  }
  return result;
}

}  // namespace meridian::dns
