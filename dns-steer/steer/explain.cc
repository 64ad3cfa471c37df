#include "dns-steer/steer/explain.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <utility>
#include <vector>

#include "dns-steer/steer/explain_rules.h"
#include "dns-steer/steer/explain_way.h"
#include "dns-steer/steer/policy.h"

namespace meridian::dns {
namespace {

v1::ClientPlace describe(const std::optional<GeoDatabase::Entry>& entry) {
  v1::ClientPlace place;
  if (!entry) return place;
  place.set_asn(entry->asn);
  place.set_asn_name(entry->asn_name);
  if (!entry->place.is_known()) return place;
  place.set_known(true);
  place.set_prefix(entry->prefix.text());
  place.set_subdivision(entry->subdivision);
  if (entry->place.continent[0] != 0)
    place.set_continent(std::string(entry->place.continent.data(), 2));
  if (entry->place.coordinates) {
    place.set_latitude(entry->place.coordinates->latitude);
    place.set_longitude(entry->place.coordinates->longitude);
  }
  if (entry->place.has_country())
    place.set_country(std::string(entry->place.country.data(), entry->place.country.size()));
  return place;
}

/// Edges that have an address among a site's candidates, of either family.
std::set<std::uint32_t> edges_at(const Fleet& fleet, const SteeredSite& site, LocationId location) {
  std::set<std::uint32_t> edges;
  for (const auto family : {Family::v4, Family::v6}) {
    for (const auto& candidate : fleet.candidates_of(site, family).at(location))
      edges.insert(candidate.edge);
  }
  return edges;
}

v1::RankedEdge describe(const Fleet& fleet, const HealthTable& health, std::uint32_t site,
                        std::uint32_t number) {
  const auto& edge = fleet.edges[number];
  v1::RankedEdge ranked;
  ranked.set_node(edge.name);
  ranked.set_location(fleet.locations[edge.location].name);
  ranked.set_healthy(health.serves(number, site));
  if (!health.is_up(number))
    ranked.set_reason(health.reason(number).empty() ? "down" : health.reason(number));
  else if (!ranked.healthy())
    ranked.set_reason("cannot serve this site: its origins are down from there");
  else if (edge.drained)
    ranked.set_reason("drained");
  return ranked;
}

std::string percent(double part) { return std::to_string(std::lround(part * 100)) + " %"; }

/// How full the edge is, what its location sheds, and whether it is why the client is not there.
void add_load(const LoadTable& load, std::uint32_t policy, std::uint32_t number,
              LocationId location, const std::set<LocationId>& shed_by, v1::RankedEdge& ranked) {
  if (number >= load.edge_percent.size()) return;
  if (load.edge_percent[number] != LoadTable::kUnknown)
    ranked.set_utilisation(load.edge_percent[number] / 100.0);
  ranked.set_shed(load.shed(policy, location));
  if (!shed_by.contains(location) || !ranked.reason().empty()) return;
  const auto at = load.location_percent[location];
  const auto full = at == LoadTable::kUnknown ? std::string() : percent(at / 100.0);
  ranked.set_reason(ranked.shed() > 0
                        ? "full: " + full + ", sheds " + percent(ranked.shed()) + " of its clients"
                        : "no room for all clients of a lost location: " + full);
}

/// Locations that the client was led to, and that had no room for it.
std::set<LocationId> locations_without_room(const Way& way) {
  std::set<LocationId> all;
  for (const auto& policy : way.policies)
    for (const auto& led : policy.led)
      if (led.shed) all.insert(led.location);
  return all;
}

std::string text_of(const v1::MatchedOverride& matched, const Policy& policy) {
  return "overrides[" + std::to_string(matched.index()) + "] of steering policy '" + policy.name +
         "' matches the client by " + matched.matched_by();
}

std::string text_of(const v1::MatchedPrefix& matched) {
  return "prefix map '" + matched.prefix_map() + "' has " + matched.prefix();
}

/// Who may answer, and why.
std::string text_of(Eligible rule, const v1::FamilyAnswer& family) {
  const auto healthy = std::to_string(family.healthy()) + " of " + std::to_string(family.edges()) +
                       (family.healthy() == 1 ? " is healthy" : " are healthy");
  switch (rule) {
    case Eligible::healthy:
      return "healthy edges: " + healthy;
    case Eligible::healthy_drained:
      return "drained edges: no other is healthy";
    case Eligible::all:
      return "all edges: panic, " + healthy;
    case Eligible::all_drained:
      return "drained edges: panic, none is healthy";
    case Eligible::last_good:
      return "the edges that were healthy last: panic, " + healthy;
    case Eligible::fixed:
      return "the policy's fixed addresses: panic, " + healthy;
    case Eligible::nobody:
      return "nobody: none is healthy, and the panic mode is to give none";
  }
  return "";
}

v1::FamilyAnswer describe(const Fleet& fleet, const HealthTable& health, std::uint32_t site,
                          Family family, const Choice& choice, const Way& way) {
  v1::FamilyAnswer answer;
  answer.set_type(family == Family::v4 ? "A" : "AAAA");
  for (const auto* candidate : choice.all()) answer.add_addresses(candidate->address.text());
  answer.set_scope(choice.scope);
  std::set<std::uint32_t> edges;
  for (const auto& candidate : fleet.candidates_of(fleet.sites[site], family).all)
    if (!candidate.drained &&
        fleet.policies[fleet.sites[site].policy].reach.contains(candidate.location))
      edges.insert(candidate.edge);
  answer.set_edges(static_cast<std::uint32_t>(edges.size()));
  answer.set_healthy(static_cast<std::uint32_t>(std::count_if(
      edges.begin(), edges.end(), [&](std::uint32_t edge) { return health.serves(edge, site); })));
  answer.set_eligible(text_of(health.eligible(site, family), answer));
  for (auto& asked : explain_way(fleet, health, site, family, way))
    *answer.add_policies() = std::move(asked);
  return answer;
}

std::string describe_rule(Eligible rule) {
  switch (rule) {
    case Eligible::healthy:
      return "";
    case Eligible::healthy_drained:
      return "; only drained edges are healthy";
    case Eligible::all:
      return "; too few edges are healthy, so all count as healthy (panic mode)";
    case Eligible::all_drained:
      return "; all edges are drained and none is healthy (panic mode)";
    case Eligible::last_good:
      return "; too few edges are healthy, so those answer that were when enough last were (panic "
             "mode)";
    case Eligible::fixed:
    case Eligible::nobody:
      return "";
  }
  return "";
}

/// All locations that the policy may lead to: by place, then as its members stand, and those of
/// policies nested in it.
std::vector<LocationId> locations_in_order(const Fleet& fleet, const Policy& policy,
                                           const IpAddress& client) {
  const auto ranking = policy.place_of(client).ranking;
  std::vector<LocationId> all(ranking.begin(), ranking.end());
  LocationSet listed(fleet.locations.size());
  for (const auto location : all) listed.add(location);
  const auto add = [&](LocationId location) {
    if (listed.contains(location)) return;
    listed.add(location);
    all.push_back(location);
  };
  for (const auto& branch : policy.tree) {
    const auto& members = fleet.policies[branch.policy].members;
    for (const auto& member : members) {
      if (member.is_location()) add(member.location);
    }
    for (std::size_t i = 0; members.empty() && i < fleet.locations.size(); ++i)
      add(static_cast<LocationId>(i));
  }
  return all;
}

/// Edges that come before the answer in another location, and why they did not answer.
std::string passed_over(const v1::ExplainResponse& response, const std::string& node,
                        const std::string& location) {
  std::string text;
  for (const auto& edge : response.ranking()) {
    if (edge.node() == node) break;
    if (edge.location() == location || edge.reason().empty()) continue;
    text += (text.empty() ? "; passed over: " : ", ") + edge.node() + " (" + edge.reason() + ")";
  }
  return text;
}

/// One sentence: why this answer. `first` is the best address; none if there is no answer.
std::string reason(const Fleet& fleet, const Policy& policy, Eligible rule, const Place& place,
                   const Candidate* first, const v1::ExplainResponse& response) {
  if (first == nullptr)
    return response.ranking().empty() ? "no edge serves this site"
                                      : "no edge is healthy, and the panic mode is to give none";
  std::string order;
  if (response.has_override())
    order = text_of(response.override(), policy);
  else if (response.has_prefix_map())
    order = text_of(response.prefix_map());
  else if (policy.method != Method::proximity)
    order = explain_method(policy.method);
  else
    order = place.coordinates ? "locations are ranked by distance from the client's place"
                              : "the client's place is not known, so locations stand in the order "
                                "of their names";
  if (first->edge == kNoEdge)
    return "too few edges are healthy, so the policy's fixed addresses answer (panic mode)";
  const auto& edge = fleet.edges[first->edge];
  const auto& location = fleet.locations[edge.location].name;
  return order + ", and " + location + " comes first among those with an edge that may answer" +
         passed_over(response, edge.name, location) + describe_rule(rule);
}

}  // namespace

v1::ExplainResponse explain(const Fleet& fleet, const HealthTable& health, std::uint32_t site,
                            const IpAddress& client, const std::optional<GeoDatabase::Entry>& entry,
                            const LoadTable& load) {
  const auto& steered = fleet.sites[site];
  const auto& policy = fleet.policies[steered.policy];
  v1::ExplainResponse response;
  response.set_site(steered.name);
  response.set_steering_policy(policy.name);
  response.set_verdicts_fresh(health.verdicts_fresh());
  response.mutable_ttl()->set_seconds(policy.ttl);
  *response.mutable_place() = describe(entry);
  ClientFacts facts{.address = client, .place = {}, .subdivision = {}, .asn = 0};
  if (entry) facts = {client, entry->place, entry->subdivision, entry->asn};
  if (const auto matched = explain_override(fleet, policy, facts))
    *response.mutable_override() = *matched;
  if (const auto matched = explain_prefix_map(fleet, policy, client))
    *response.mutable_prefix_map() = *matched;

  std::set<std::uint32_t> answered;
  const Candidate* first = nullptr;  // what the reason is about: IPv4 if there is any
  auto rule = Eligible::nobody;
  std::set<LocationId> shed_by;
  bool by_capacity = false;
  for (const auto family : {Family::v4, Family::v6}) {
    Way way;
    const auto choice = choose(fleet, health, site, family, client, {}, way, load);
    if (!fleet.candidates_of(steered, family).all.empty())
      *response.add_families() = describe(fleet, health, site, family, choice, way);
    for (const auto* candidate : choice.all()) {
      response.add_answer(candidate->address.text());
      if (candidate->edge != kNoEdge) answered.insert(candidate->edge);
    }
    if (first == nullptr && choice.count > 0) {
      first = choice.addresses[0];
      rule = health.eligible(site, family);
      shed_by = locations_without_room(way);
      by_capacity = way.by_capacity;
    }
  }
  for (const auto location : locations_in_order(fleet, policy, client)) {
    for (const auto edge : edges_at(fleet, steered, location)) {
      auto ranked = describe(fleet, health, site, edge);
      if (entry && entry->place.coordinates)
        ranked.set_distance_km(
            distance_km(*entry->place.coordinates, fleet.locations[location].coordinates));
      ranked.set_answered(answered.contains(edge));
      add_load(load, steered.policy, edge, location,
               ranked.answered() ? std::set<LocationId>() : shed_by, ranked);
      *response.add_ranking() = std::move(ranked);
    }
  }
  response.set_reason(
      reason(fleet, policy, rule, entry ? entry->place : Place{}, first, response) +
      (by_capacity ? "; led by capacity, as not all have room where they would go" : ""));
  return response;
}

}  // namespace meridian::dns
