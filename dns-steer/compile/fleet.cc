#include "dns-steer/compile/fleet.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "dns-steer/compile/https_record.h"
#include "dns-steer/compile/policy.h"
#include "dns-steer/compile/prefix_maps.h"
#include "dns-steer/steer/policy_tree.h"

namespace meridian::dns {
namespace {

std::string field(std::string_view list, int index) {
  return "spec." + std::string(list) + "[" + std::to_string(index) + "]";
}

bool demands_certificate(const v1::Site& site) {
  const auto& client = site.client_certificate();
  return site.has_client_certificate() && (!client.has_required() || client.required());
}

class FleetBuilder {
 public:
  Result<void> add_locations(const std::vector<v1::Resource>& resources);
  Result<void> add_edge(const std::string& name, const v1::Node& node);
  Result<void> add_prefix_map(const std::string& name, const v1::PrefixMap& map);
  /// All of them before the first add_policy(): policies name each other.
  void announce_policy(const std::string& name);
  Result<void> add_policy(const std::string& name, const v1::SteeringPolicy& policy);
  Result<void> link() { return link_policies(fleet_); }
  Result<void> add_site(const std::string& name, const v1::Site& site);
  Result<Fleet> finish(Geography& geography);

 private:
  Result<LocationId> location(const std::string& name) const;
  Result<std::uint32_t> policy(const std::string& name) const;
  RankingRule rule_of(std::size_t policy) const;

  Fleet fleet_;
  std::map<std::string, LocationId> locations_;
  std::map<std::string, std::uint32_t> policies_;
  PrefixMaps prefix_maps_;
  std::map<std::set<LocationId>, std::uint32_t> candidates_;
};

Result<void> FleetBuilder::add_locations(const std::vector<v1::Resource>& resources) {
  std::map<std::string, geo::Coordinates> all;
  for (const auto& resource : resources) {
    if (!resource.has_location()) continue;
    const geo::Coordinates at{resource.location().latitude(), resource.location().longitude()};
    if (!(at.latitude >= -90 && at.latitude <= 90 && at.longitude >= -180 && at.longitude <= 180))
      return Error("location " + resource.name(), "its coordinates are not on the Earth");
    all.emplace(resource.name(), at);
  }
  if (all.size() > kMostLocations)
    return Error("locations", "are more than " + std::to_string(kMostLocations));
  for (const auto& [name, at] : all) {
    locations_.emplace(name, static_cast<LocationId>(fleet_.locations.size()));
    fleet_.locations.push_back({name, at, name_hash(name)});
  }
  return {};
}

Result<LocationId> FleetBuilder::location(const std::string& name) const {
  const auto known = locations_.find(name);
  if (known == locations_.end()) return Error("there is no location '" + name + "'");
  return known->second;
}

Result<void> FleetBuilder::add_edge(const std::string& name, const v1::Node& node) {
  const auto at_location = location(node.location());
  if (!at_location) return at("spec.location", at_location.error());
  Edge edge{name, *at_location, node.drained(), {}, 443, {}};
  edge.capacity.requests = node.capacity().requests_in_flight();
  edge.capacity.bits_per_second = static_cast<double>(node.capacity().bits_per_second());
  edge.capacity.cpu = node.capacity().cpu();
  if (!(edge.capacity.cpu >= 0 && edge.capacity.cpu <= 1))
    return Error("spec.capacity.cpu", "is not from 0 to 1");
  if (node.has_https_port()) {
    if (node.https_port() == 0 || node.https_port() > 65535)
      return Error("spec.https_port", "is not a port");
    edge.https_port = static_cast<std::uint16_t>(node.https_port());
  }
  for (int i = 0; i < node.addresses_size(); ++i) {
    const auto address = parse_address(node.addresses(i));
    if (!address) return at(field("addresses", i), address.error());
    edge.addresses.push_back(*address);
  }
  fleet_.edges.push_back(std::move(edge));
  return {};
}

Result<void> FleetBuilder::add_prefix_map(const std::string& name, const v1::PrefixMap& map) {
  return prefix_maps_.add(name, map, [this](const std::string& one) { return location(one); });
}

void FleetBuilder::announce_policy(const std::string& name) {
  policies_.emplace(name, static_cast<std::uint32_t>(fleet_.policies.size()));
  fleet_.policies.emplace_back();
}

Result<std::uint32_t> FleetBuilder::policy(const std::string& name) const {
  const auto known = policies_.find(name);
  if (known == policies_.end()) return Error("there is no steering policy '" + name + "'");
  return known->second;
}

Result<void> FleetBuilder::add_policy(const std::string& name, const v1::SteeringPolicy& from) {
  auto compiled = compile_policy(name, from, {locations_, policies_});
  if (!compiled) return compiled.error();
  const auto map = prefix_maps_.find(from.prefix_map());
  if (!map) return at("spec.prefix_map", map.error());
  compiled->prefix_map_name = from.prefix_map();
  compiled->prefix_map = *map;
  fleet_.policies[policies_.at(name)] = std::move(*compiled);
  return {};
}

Result<void> FleetBuilder::add_site(const std::string& name, const v1::Site& from) {
  const auto of_site = policy(from.steering_policy());
  if (!of_site) return at("spec.steering_policy", of_site.error());
  std::set<LocationId> locations;
  for (int i = 0; i < from.locations_size(); ++i) {
    const auto one = location(from.locations(i));
    if (!one) return at(field("locations", i), one.error());
    locations.insert(*one);
  }
  const auto [known, added] =
      candidates_.try_emplace(locations, static_cast<std::uint32_t>(fleet_.candidates.size()));
  if (added) {
    const std::vector<LocationId> list(locations.begin(), locations.end());
    fleet_.candidates.push_back(
        {find_candidates(fleet_, list, Family::v4), find_candidates(fleet_, list, Family::v6)});
  }
  std::map<std::string, std::uint32_t> own;  // hostnames with a policy of their own
  for (int i = 0; i < from.hostname_policies_size(); ++i) {
    const auto& one = from.hostname_policies(i);
    const auto number = policy(one.steering_policy());
    if (!number) return at(field("hostname_policies", i) + ".steering_policy", number.error());
    own[one.hostname()] = *number;
  }
  std::map<std::uint32_t, std::vector<std::string>> by_policy;
  for (const auto& hostname : from.hostnames()) {
    const auto exception = own.find(hostname);
    by_policy[exception == own.end() ? *of_site : exception->second].push_back(hostname);
  }
  std::optional<HttpsRecord> https;
  if (from.has_https_record()) {
    auto compiled = compile_https_record(from.https_record());
    if (!compiled) return at("spec.https_record", compiled.error());
    https = std::move(*compiled);
  }
  for (auto& [number, hostnames] : by_policy)
    fleet_.sites.push_back(
        {name, number, known->second, std::move(hostnames), https, demands_certificate(from)});
  return {};
}

/// What the table of a policy is of.
RankingRule FleetBuilder::rule_of(std::size_t policy) const {
  const auto& from = fleet_.policies[policy];
  RankingRule rule{.by = from.method == Method::proximity ? RankBy::distance : RankBy::nothing,
                   .overrides = from.overrides,
                   .prefix_map = from.prefix_map,
                   .among = {}};
  for (const auto& member : from.members) {
    if (member.is_location()) rule.among.push_back(member.location);
  }
  std::sort(rule.among.begin(), rule.among.end());
  return rule;
}

std::vector<const PlaceTable*> large_tables(
    const std::vector<std::shared_ptr<const PlaceTable>>& tables) {
  constexpr std::size_t kLargeOctets = std::size_t{256} << 10;
  constexpr std::size_t kMost = 4;
  std::set<const PlaceTable*> large;
  for (const auto& table : tables)
    if (table->bytes() > kLargeOctets) large.insert(table.get());
  if (large.size() > kMost) large.clear();
  return {large.begin(), large.end()};
}

Result<Fleet> FleetBuilder::finish(Geography& geography) {
  std::vector<geo::Coordinates> locations;
  for (const auto& one : fleet_.locations) locations.push_back(one.coordinates);
  std::vector<RankingRule> rules;
  std::vector<Policy*> with_table;
  for (std::size_t i = 0; i < fleet_.policies.size(); ++i) {
    auto& policy = fleet_.policies[i];
    if (policy.method != Method::proximity && policy.overrides.empty()) continue;
    rules.push_back(rule_of(i));
    with_table.push_back(&policy);
  }
  auto tables = geography.tables(locations, rules);
  if (!tables) return tables.error();
  for (std::size_t i = 0; i < tables->size(); ++i) with_table[i]->places = tables->at(i);
  fleet_.large_tables = large_tables(*tables);
  return std::move(fleet_);
}

}  // namespace

Result<Fleet> build_fleet(const std::vector<v1::Resource>& resources, Geography& geography) {
  FleetBuilder builder;
  if (auto added = builder.add_locations(resources); !added) return added.error();
  for (const auto& one : resources) {
    if (!one.has_prefix_map()) continue;
    if (auto added = builder.add_prefix_map(one.name(), one.prefix_map()); !added)
      return at("prefix map " + one.name(), added.error());
  }
  // Who names no policy has the one without a name.
  builder.announce_policy("");
  if (auto added = builder.add_policy("", {}); !added) return added.error();
  for (const auto& one : resources) {
    if (one.has_steering_policy()) builder.announce_policy(one.name());
  }
  // What sites refer to comes before them, whatever the order of the resources.
  for (const auto& one : resources) {
    if (one.has_node() && one.node().role() == v1::ROLE_EDGE) {
      if (auto added = builder.add_edge(one.name(), one.node()); !added)
        return at("node " + one.name(), added.error());
    } else if (one.has_steering_policy()) {
      if (auto added = builder.add_policy(one.name(), one.steering_policy()); !added)
        return at("steering policy " + one.name(), added.error());
    }
  }
  if (auto linked = builder.link(); !linked) return linked.error();
  for (const auto& one : resources) {
    if (!one.has_site()) continue;
    if (auto added = builder.add_site(one.name(), one.site()); !added)
      return at("site " + one.name(), added.error());
  }
  return builder.finish(geography);
}

}  // namespace meridian::dns
