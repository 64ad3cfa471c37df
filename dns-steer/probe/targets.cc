#include "dns-steer/probe/targets.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>

namespace meridian::dns {
namespace {

bool is_wildcard(const std::string& hostname) { return hostname.starts_with("*."); }

/// Names that belong to one site whatever wildcards another one has.
std::set<std::string> exact_hostnames(const Fleet& fleet) {
  std::set<std::string> exact;
  for (const auto& site : fleet.sites)
    for (const auto& hostname : site.hostnames)
      if (!is_wildcard(hostname)) exact.insert(hostname);
  return exact;
}

/// A name that a TLS client can send: a wildcard stands for any, so any label will do that no other
/// site has.
std::string server_name(const std::string& hostname, const std::set<std::string>& exact) {
  if (!is_wildcard(hostname)) return hostname;
  std::string name = "health" + hostname.substr(1);
  for (int i = 2; exact.contains(name); ++i)
    name = "health" + std::to_string(i) + hostname.substr(1);
  return name;
}

/// What is asked of the edges of a set of candidates. The least is the best.
using Preference = std::pair<bool, bool>;  // demands a certificate, has wildcards only

Preference preference(const SteeredSite& site) {
  return {site.demands_certificate,
          std::all_of(site.hostnames.begin(), site.hostnames.end(), is_wildcard)};
}

const std::string& hostname_of(const SteeredSite& site) {
  const auto exact = std::find_if_not(site.hostnames.begin(), site.hostnames.end(), is_wildcard);
  return exact == site.hostnames.end() ? site.hostnames.front() : *exact;
}

/// Each edge's best site.
std::map<std::uint32_t, const SteeredSite*> sites_to_ask_for(const Fleet& fleet) {
  std::map<std::uint32_t, const SteeredSite*> of_set;  // into Fleet::candidates
  std::map<std::uint32_t, const SteeredSite*> of_edge;
  const auto improve = [](const SteeredSite*& best, const SteeredSite& site) {
    if (!best || preference(site) < preference(*best)) best = &site;
  };
  for (const auto& site : fleet.sites)
    if (!site.hostnames.empty()) improve(of_set[site.candidates], site);
  for (const auto& [set, site] : of_set)
    for (const auto& family : fleet.candidates[set])
      for (const auto& candidate : family.all) improve(of_edge[candidate.edge], *site);
  return of_edge;
}

}  // namespace

std::vector<ProbeTarget> probe_targets(const Fleet& fleet) {
  const auto exact = exact_hostnames(fleet);
  const auto sites = sites_to_ask_for(fleet);
  std::vector<ProbeTarget> targets;
  for (std::uint32_t i = 0; i < fleet.edges.size(); ++i) {
    const auto& edge = fleet.edges[i];
    ProbeTarget target{edge.name, {}, {}};
    if (const auto site = sites.find(i); site != sites.end())
      target.name = {server_name(hostname_of(*site->second), exact),
                     site->second->demands_certificate};
    for (const auto& address : edge.addresses)
      target.endpoints.push_back({address, edge.https_port});
    targets.push_back(std::move(target));
  }
  return targets;
}

}  // namespace meridian::dns
