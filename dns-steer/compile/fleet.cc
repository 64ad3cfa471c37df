#include "dns-steer/compile/fleet.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "dns-steer/compile/prefix_maps.h"

namespace meridian::dns {
namespace {

std::string field(std::string_view list, int index) {
  return "spec." + std::string(list) + "[" + std::to_string(index) + "]";
}

std::optional<std::array<char, 2>> parse_country(const std::string& text) {
  const auto capital = [](char c) { return c >= 'A' && c <= 'Z'; };
  if (text.size() != 2 || !capital(text[0]) || !capital(text[1])) return {};
  return std::array<char, 2>{text[0], text[1]};
}

class FleetBuilder {
 public:
  Result<void> add_locations(const std::vector<v1::Resource>& resources);
  Result<void> add_edge(const std::string& name, const v1::Node& node);
  Result<void> add_prefix_map(const std::string& name, const v1::PrefixMap& map);
  Result<void> add_policy(const std::string& name, const v1::SteeringPolicy& policy);
  Result<void> add_site(const std::string& name, const v1::Site& site);
  Result<Fleet> finish(Geography& geography);

 private:
  Result<LocationId> location(const std::string& name) const;
  Result<Override> compile_override(const v1::SteeringOverride& from) const;

  Fleet fleet_;
  std::map<std::string, LocationId> locations_;
  std::map<std::string, std::uint32_t> policies_;
  PrefixMaps prefix_maps_;
  std::vector<std::shared_ptr<const PrefixMap>> maps_of_policies_;
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
    fleet_.locations.push_back({name, at});
  }
  // Who names no policy has the one without a name.
  return add_policy("", {});
}

Result<LocationId> FleetBuilder::location(const std::string& name) const {
  const auto known = locations_.find(name);
  if (known == locations_.end()) return Error("there is no location '" + name + "'");
  return known->second;
}

Result<void> FleetBuilder::add_edge(const std::string& name, const v1::Node& node) {
  const auto at_location = location(node.location());
  if (!at_location) return at("spec.location", at_location.error());
  Edge edge{name, *at_location, node.drained(), {}, 443};
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

Result<Override> FleetBuilder::compile_override(const v1::SteeringOverride& from) const {
  Override result;
  for (const auto& text : from.client_prefixes()) {
    const auto prefix = parse_prefix(text);
    if (!prefix) return at("client_prefixes", prefix.error());
    result.prefixes.push_back(*prefix);
  }
  for (const auto& text : from.countries()) {
    const auto country = parse_country(text);
    if (!country) return Error("countries", "'" + text + "' is not an ISO 3166-1 code such as FR");
    result.countries.push_back(*country);
  }
  result.asns.assign(from.asns().begin(), from.asns().end());
  for (const auto& text : from.continents()) {
    const auto continent = parse_country(text);
    if (!continent) return Error("continents", "'" + text + "' is not a code such as EU");
    result.continents.push_back(*continent);
  }
  result.subdivisions.assign(from.subdivisions().begin(), from.subdivisions().end());
  for (const auto& name : from.locations()) {
    const auto one = location(name);
    if (!one) return at("locations", one.error());
    result.locations.push_back(*one);
  }
  if (from.action() == v1::OVERRIDE_ACTION_ALLOW_ONLY) result.action = OverrideAction::allow_only;
  if (from.action() == v1::OVERRIDE_ACTION_DENY) result.action = OverrideAction::deny;
  return result;
}

Result<void> FleetBuilder::add_prefix_map(const std::string& name, const v1::PrefixMap& map) {
  return prefix_maps_.add(name, map, [this](const std::string& one) { return location(one); });
}

Result<void> FleetBuilder::add_policy(const std::string& name, const v1::SteeringPolicy& from) {
  Policy policy;
  policy.name = name;
  if (from.has_ttl()) {
    if (from.ttl().seconds() < 1 || from.ttl().seconds() > 3600)
      return Error("spec.ttl", "is not from 1s to 1h");
    policy.ttl = static_cast<std::uint32_t>(from.ttl().seconds());
  }
  if (from.has_answers()) policy.answers = from.answers();
  if (policy.answers < 1 || policy.answers > kMostAnswers)
    return Error("spec.answers", "is not from 1 to " + std::to_string(kMostAnswers));
  if (from.has_panic_below()) policy.panic_below = from.panic_below();
  if (!(policy.panic_below >= 0 && policy.panic_below <= 1))
    return Error("spec.panic_below", "is not from 0 to 1");
  if (from.panic_mode() == v1::PANIC_MODE_NONE) policy.panic_mode = PanicMode::none;
  for (int i = 0; i < from.overrides_size(); ++i) {
    auto compiled = compile_override(from.overrides(i));
    if (!compiled) return at(field("overrides", i), compiled.error());
    policy.allowed.push_back(allowed_by(*compiled, fleet_.locations.size()));
    policy.overrides.push_back(std::move(*compiled));
  }
  const auto map = prefix_maps_.find(from.prefix_map());
  if (!map) return at("spec.prefix_map", map.error());
  maps_of_policies_.push_back(*map);
  policies_.emplace(name, static_cast<std::uint32_t>(fleet_.policies.size()));
  fleet_.policies.push_back(std::move(policy));
  return {};
}

Result<void> FleetBuilder::add_site(const std::string& name, const v1::Site& from) {
  const auto policy = policies_.find(from.steering_policy());
  if (policy == policies_.end())
    return Error("spec.steering_policy",
                 "there is no steering policy '" + from.steering_policy() + "'");
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
  fleet_.sites.push_back(
      {name, policy->second, known->second, {from.hostnames().begin(), from.hostnames().end()}});
  return {};
}

Result<Fleet> FleetBuilder::finish(Geography& geography) {
  std::vector<geo::Coordinates> locations;
  for (const auto& one : fleet_.locations) locations.push_back(one.coordinates);
  std::vector<RankingRule> rules;
  for (std::size_t i = 0; i < fleet_.policies.size(); ++i)
    rules.push_back({.by = RankBy::distance,
                     .overrides = fleet_.policies[i].overrides,
                     .prefix_map = maps_of_policies_[i]});
  auto tables = geography.tables(locations, rules);
  if (!tables) return tables.error();
  for (std::size_t i = 0; i < tables->size(); ++i) fleet_.policies[i].places = tables->at(i);
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
  for (const auto& one : resources) {
    if (!one.has_site()) continue;
    if (auto added = builder.add_site(one.name(), one.site()); !added)
      return at("site " + one.name(), added.error());
  }
  return builder.finish(geography);
}

}  // namespace meridian::dns
