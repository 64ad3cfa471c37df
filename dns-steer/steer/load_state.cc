#include "dns-steer/steer/load_state.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <utility>

namespace meridian::dns {
namespace {

SpillRule rule_of(const Policy& policy) { return {.spill_at = policy.spill_at, .ttl = policy.ttl}; }

/// What each edge can carry, as a part of what all can: of several bounds the least part. 0: it
/// declares no bound.
std::vector<double> parts_of_capacity(const std::vector<Edge>& edges) {
  EdgeCapacity all;
  for (const auto& edge : edges) {
    all.requests += edge.capacity.requests;
    all.bits_per_second += edge.capacity.bits_per_second;
    all.cpu += edge.capacity.cpu;
  }
  std::vector<double> parts;
  for (const auto& edge : edges) {
    double least = 0;
    const auto count = [&](double own, double total) {
      if (own > 0) least = least > 0 ? std::min(least, own / total) : own / total;
    };
    count(edge.capacity.requests, all.requests);
    count(edge.capacity.bits_per_second, all.bits_per_second);
    count(edge.capacity.cpu, all.cpu);
    parts.push_back(least);
  }
  return parts;
}

bool may_take_clients(const Edge& edge, const HealthView& health) {
  if (edge.drained) return false;
  const auto known = health.edges.find(edge.name);
  return known == health.edges.end() || known->second.up;
}

std::uint16_t percent_of(const std::optional<double>& utilisation) {
  if (!utilisation) return LoadTable::kUnknown;
  return static_cast<std::uint16_t>(std::lround(std::clamp(*utilisation, 0.0, 10.0) * 100));
}

std::uint32_t share_of(double part) {
  return static_cast<std::uint32_t>(std::lround(std::clamp(part, 0.0, 1.0) * kWholeShare));
}

}  // namespace

std::vector<LocationLoad> load_of_locations(const Fleet& fleet, const HealthView& health,
                                            const Utilisations& edges) {
  std::vector<LocationLoad> loads(fleet.locations.size());
  std::vector<double> measured(loads.size());  // capacity of the edges whose utilisation is known
  const auto parts = parts_of_capacity(fleet.edges);
  for (std::size_t i = 0; i < fleet.edges.size(); ++i) {
    const auto& edge = fleet.edges[i];
    auto& load = loads[edge.location];
    load.whole += parts[i];
    if (!may_take_clients(edge, health)) continue;
    load.serving = true;
    load.capacity += parts[i];
    const auto known = edges.find(edge.name);
    if (known == edges.end() || parts[i] == 0) continue;
    load.utilisation = load.utilisation.value_or(0) + known->second * parts[i];
    measured[edge.location] += parts[i];
  }
  for (std::size_t i = 0; i < loads.size(); ++i)
    if (loads[i].utilisation) *loads[i].utilisation /= measured[i];
  return loads;
}

void LoadState::measure(const Fleet& fleet, const HealthView& health, const Utilisations& edges,
                        Instant now) {
  edges_ = edges;
  const auto since = measured_ ? now - *measured_ : Instant::duration::zero();
  measured_ = now;
  see(fleet, load_of_locations(fleet, health, edges_), now);
  for (auto& [rule, course] : courses_) {
    const double from = mark(rule);
    for (std::size_t i = 0; i < loads_.size(); ++i) {
      if (!loads_[i].serving) continue;
      auto& shed = course.sheds[fleet.locations[i].name];
      if (loads_[i].utilisation)
        shed.measure(*loads_[i].utilisation, from, rule, since);
      else
        shed.forget(rule, since);
    }
  }
}

void LoadState::review(const Fleet& fleet, const HealthView& health, Instant now) {
  see(fleet, load_of_locations(fleet, health, edges_), now);
}

/// Without any there is nothing to keep.
bool LoadState::knows_capacity() const {
  return std::any_of(loads_.begin(), loads_.end(), [](const auto& l) { return l.capacity > 0; });
}

/// Where all are fuller than the rule wants, only those shed that are fuller than the rest: there
/// is nobody who could take everybody's clients.
double LoadState::mark(const SpillRule& rule) const {
  double capacity = 0;
  double load = 0;
  for (const auto& one : loads_) {
    if (!one.serving) continue;
    if (!one.utilisation) return rule.spill_at;  // who has no bounds has room
    capacity += one.capacity;
    load += one.capacity * *one.utilisation;
  }
  return capacity > 0 ? std::max(rule.spill_at, load / capacity) : rule.spill_at;
}

/// A policy that is edited while locations shed must not call all their clients back.
LoadState::Course LoadState::most_alike(const SpillRule& rule) const {
  const auto distance = [&](const auto& entry) {
    return std::abs(entry.first.spill_at - rule.spill_at);
  };
  const auto nearest =
      std::min_element(courses_.begin(), courses_.end(),
                       [&](const auto& a, const auto& b) { return distance(a) < distance(b); });
  return nearest == courses_.end() ? Course{} : nearest->second;
}

void LoadState::see(const Fleet& fleet, std::vector<LocationLoad> now_loads, Instant now) {
  loads_ = std::move(now_loads);
  if (!knows_capacity() && intact_.empty()) return courses_.clear();

  std::set<SpillRule> rules;
  for (const auto& policy : fleet.policies) rules.insert(rule_of(policy));
  std::set<std::string> names;
  for (const auto& location : fleet.locations) names.insert(location.name);
  for (const auto& rule : rules)
    if (!courses_.contains(rule)) courses_[rule] = most_alike(rule);
  std::erase_if(courses_, [&](const auto& entry) { return !rules.contains(entry.first); });
  std::erase_if(intact_, [&](const auto& entry) { return !names.contains(entry.first); });
  for (auto& [rule, course] : courses_) {
    std::erase_if(course.sheds, [&](const auto& entry) { return !names.contains(entry.first); });
    std::erase_if(course.losses, [&](const auto& loss) { return !names.contains(loss.location); });
  }

  for (std::size_t i = 0; i < loads_.size(); ++i) {
    const auto& name = fleet.locations[i].name;
    const auto& load = loads_[i];
    const double intact = load.whole > 0 ? load.capacity / load.whole : 0;
    const auto before = intact_.find(name);
    for (auto& [rule, course] : courses_) {
      if (load.serving)
        std::erase_if(course.losses, [&](const auto& loss) { return loss.location == name; });
      if (before == intact_.end() || before->second == intact) continue;
      if (!load.serving)
        plan_loss(fleet, rule, course, static_cast<LocationId>(i), before->second * load.whole,
                  now);
      else if (intact > 0)
        course.sheds[name].resize(intact / before->second, mark(rule), rule);
    }
    if (intact > 0)
      intact_[name] = intact;
    else
      intact_.erase(name);
  }
}

/// Who can take the clients of `lost`, and how many: as many as there is room for, and beyond that
/// by capacity.
void LoadState::plan_loss(const Fleet& fleet, const SpillRule& rule, Course& course,
                          LocationId lost, double capacity, Instant now) {
  const auto& name = fleet.locations[lost].name;
  const auto shed = course.sheds.extract(name);  // when it is back, it begins anew
  if (shed.empty() || !shed.mapped().is_known()) return;
  // What it lost before it was known to be lost is in the one, a crowd that had just come in the
  // other.
  const double utilisation = std::max(shed.mapped().demand(), shed.mapped().latest());
  Loss loss{name, now, utilisation * capacity, {}};
  // Clients that others lost only just now are on their way, and not measured yet.
  const std::chrono::seconds on_their_way{2 * (rule.ttl + 5)};
  double room = 0;
  double known = 0;  // capacity
  for (std::size_t i = 0; i < loads_.size(); ++i) {
    const auto& load = loads_[i];
    if (!load.serving) continue;
    const auto& other = fleet.locations[i].name;
    auto& takes = loss.takes[other];
    if (!load.utilisation) {
      takes = loss.load;
    } else {
      takes = (rule.spill_at - *load.utilisation) * load.capacity;
      for (const auto& before : course.losses) {
        const auto part = before.takes.find(other);
        if (now - before.since < on_their_way && part != before.takes.end())
          takes -= std::min(part->second, before.load);
      }
      known += load.capacity;
    }
    takes = std::max(takes, 0.0);
    room += takes;
  }
  if (room < loss.load && known > 0) {
    for (std::size_t i = 0; i < loads_.size(); ++i)
      if (loads_[i].serving)
        loss.takes[fleet.locations[i].name] += (loss.load - room) * loads_[i].capacity / known;
  }
  course.losses.insert(course.losses.begin(), std::move(loss));
  if (course.losses.size() > kMostLosses) course.losses.pop_back();
}

LoadPlan LoadState::plan(const Fleet& fleet, const Course& course) const {
  LoadPlan plan;
  bool sheds = false;
  for (const auto& location : fleet.locations) {
    const auto shed = course.sheds.find(location.name);
    const double kept = shed == course.sheds.end() ? 1 : shed->second.kept();
    plan.kept.push_back(share_of(kept));
    sheds = sheds || plan.kept.back() < kWholeShare;
  }
  std::uint32_t age = 0;
  for (const auto& loss : course.losses) {
    LossPlan one{.age = age++, .takes = {}, .weights = {}};
    bool overflows = false;
    for (std::size_t i = 0; i < fleet.locations.size(); ++i) {
      const auto& location = fleet.locations[i];
      if (location.name == loss.location) one.location = static_cast<LocationId>(i);
      const auto takes = loss.takes.find(location.name);
      const double part = takes == loss.takes.end() || !(loss.load > 0)
                              ? 1  // it came later: measures decide
                              : takes->second / loss.load;
      one.takes.push_back(share_of(part));
      one.weights.push_back(static_cast<float>(std::min(part, 1.0)));
      overflows = overflows || (loads_[i].serving && one.takes.back() < kWholeShare);
    }
    if (overflows) plan.losses.push_back(std::move(one));
  }
  if (!sheds && plan.losses.empty()) plan.kept.clear();
  return plan;
}

LoadTable LoadState::table(const Fleet& fleet) const {
  LoadTable table;
  if (courses_.empty()) return table;
  std::map<SpillRule, std::uint32_t> places;
  for (const auto& [rule, course] : courses_) {
    auto one = plan(fleet, course);
    const bool idle = one.kept.empty();
    places[rule] = idle ? LoadTable::kNoPlan : static_cast<std::uint32_t>(table.plans.size());
    if (!idle) table.plans.push_back(std::move(one));
  }
  for (const auto& policy : fleet.policies) table.plan_of.push_back(places.at(rule_of(policy)));

  double known = 0;
  double locations = 0;
  for (const auto& load : loads_) {
    known += load.capacity;
    locations += load.capacity > 0 ? 1 : 0;
  }
  for (std::size_t i = 0; i < loads_.size(); ++i) {
    const auto& load = loads_[i];
    // Who has no bounds counts as one like the others.
    table.capacities.push_back(static_cast<float>(load.capacity > 0 ? load.capacity
                                                  : locations > 0   ? known / locations
                                                                    : 1));
    table.hashes.push_back(fleet.locations[i].hash);
    table.location_percent.push_back(percent_of(load.utilisation));
  }
  for (const auto& edge : fleet.edges) {
    const auto known_edge = edges_.find(edge.name);
    table.edge_percent.push_back(known_edge == edges_.end() ? LoadTable::kUnknown
                                                            : percent_of(known_edge->second));
  }
  return table;
}

}  // namespace meridian::dns
