#pragma once

#include <map>
#include <string>
#include <vector>

#include "dns-steer/steer/load_state.h"
#include "dns-steer/steer/spread.h"

/// For tests: fleets with capacities, and what load does to their clients.
namespace meridian::dns::testing {

/// Locations a, b, c... with an edge each, as large as said; 0: it declares no capacity.
inline Fleet fleet_of(const std::vector<double>& capacities, SpillRule rule = {}) {
  Fleet fleet;
  for (std::size_t i = 0; i < capacities.size(); ++i) {
    const std::string name(1, static_cast<char>('a' + i));
    fleet.locations.push_back({name, {}, name_hash(name)});
    fleet.edges.push_back({.name = "edge-" + name,
                           .location = static_cast<LocationId>(i),
                           .addresses = {},
                           .capacity = {.requests = capacities[i]}});
  }
  fleet.policies.resize(1);
  fleet.policies[0].spill_at = rule.spill_at;
  fleet.policies[0].ttl = rule.ttl;
  return fleet;
}

inline Utilisations utilisations(const std::string& names, const std::vector<double>& values) {
  Utilisations all;
  for (std::size_t i = 0; i < names.size(); ++i) all["edge-" + names.substr(i, 1)] = values[i];
  return all;
}

inline HealthView lost(const std::string& names) {
  HealthView view;
  for (const char name : names) view.edges["edge-" + std::string(1, name)].up = false;
  return view;
}

/// Where a client goes that would go to the locations in this order.
inline char led(const LoadTable& table, const std::string& ranking, const HealthView& health,
                const IpAddress& client) {
  LoadStep step(table, 0, client);
  const auto up = [&](char name) {
    const auto known = health.edges.find("edge-" + std::string(1, name));
    return known == health.edges.end() || known->second.up;
  };
  const auto id = [](char name) { return static_cast<LocationId>(name - 'a'); };
  for (const char name : ranking) {
    if (!up(name)) {
      step.pass(id(name));
      continue;
    }
    if (step.admits(id(name))) return name;
    if (step.overflows()) break;
  }
  char best = '-';
  double score = -2;
  for (const char name : ranking) {
    if (!up(name) || step.score(id(name)) <= score) continue;
    best = name;
    score = step.score(id(name));
  }
  return best;
}

/// The parts of many networks that go to each location: "a" and so on.
inline std::map<char, double> parts(const LoadTable& table, const std::string& ranking,
                                    const HealthView& health) {
  constexpr std::uint32_t kNetworks = 4000;
  std::map<char, double> parts;
  for (std::uint32_t i = 0; i < kNetworks; ++i)
    ++parts[led(table, ranking, health, IpAddress::v4(0x0a000000 + (i << 8)))];
  for (auto& [location, part] : parts) part /= kNetworks;
  return parts;
}

}  // namespace meridian::dns::testing
