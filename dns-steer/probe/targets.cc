#include "dns-steer/probe/targets.h"

#include <map>
#include <string>

namespace meridian::dns {
namespace {

/// A name that a TLS client can send: a wildcard stands for any, so any label will do.
std::string server_name(const std::string& hostname) {
  return hostname.starts_with("*.") ? "health" + hostname.substr(1) : hostname;
}

}  // namespace

std::vector<ProbeTarget> probe_targets(const Fleet& fleet) {
  std::map<std::uint32_t, std::string> hostnames;  // edge -> of the first site that it serves
  for (const auto& site : fleet.sites) {
    if (site.hostnames.empty()) continue;
    for (const auto family : {Family::v4, Family::v6}) {
      for (const auto& candidate : fleet.candidates_of(site, family).all)
        hostnames.emplace(candidate.edge, server_name(site.hostnames.front()));
    }
  }
  std::vector<ProbeTarget> targets;
  for (std::uint32_t i = 0; i < fleet.edges.size(); ++i) {
    const auto& edge = fleet.edges[i];
    ProbeTarget target{edge.name, {}, {}};
    if (const auto known = hostnames.find(i); known != hostnames.end())
      target.hostname = known->second;
    for (const auto& address : edge.addresses)
      target.endpoints.push_back({address, edge.https_port});
    targets.push_back(std::move(target));
  }
  return targets;
}

}  // namespace meridian::dns
