#include "controller/model/settle.h"

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>
#include <vector>

namespace meridian::control {
namespace {

std::string without_serial(const v1::Zone& zone) {
  auto copy = zone;
  copy.clear_serial();
  return copy.SerializeAsString();
}

/// A Zone that the change names. What is declared counts only if it is newer: a file that is
/// applied again must not take a serial back.
void settle_serial(const v1::Zone* before, std::uint32_t held, v1::Zone& zone, WallTime now) {
  if (!zone.primaries().empty()) return;  // theirs
  const bool declared = zone.serial() != 0 && (held == 0 || is_newer_serial(zone.serial(), held));
  if (declared) return;
  const bool same = before != nullptr && without_serial(*before) == without_serial(zone);
  zone.set_serial(same ? held : next_serial(held, now));
}

/// The zone that a hostname of a site lies in; empty: none here.
std::string zone_of(const Configuration& configuration, std::string_view hostname) {
  while (true) {
    std::string name(hostname);
    if (configuration.find(v1::KIND_ZONE, name) != nullptr) return name;
    const auto dot = hostname.find('.');
    if (dot == std::string_view::npos) return {};
    hostname.remove_prefix(dot + 1);
  }
}

/// What steered names answer with: a secondary holds a copy of it.
bool is_steering(v1::Kind kind) {
  return kind == v1::KIND_NODE || kind == v1::KIND_SITE || kind == v1::KIND_LOCATION ||
         kind == v1::KIND_STEERING_POLICY || kind == v1::KIND_PREFIX_MAP;
}

bool differs(const v1::Resource* a, const v1::Resource* b) {
  if (a == nullptr || b == nullptr) return a != b;
  return a->SerializeAsString() != b->SerializeAsString();
}

/// Zones that somebody may transfer and that hold steered names, before or after the change.
std::set<std::string> shared_steered_zones(const Configuration& base, const Configuration& next) {
  std::set<std::string> shared;
  for (const auto& [id, resource] : next.resources()) {
    if (resource.has_zone() && resource.zone().allow_transfer_size() > 0) shared.insert(id.second);
  }
  std::set<std::string> found;
  if (shared.empty()) return found;
  for (const auto* configuration : {&base, &next}) {
    for (const auto& [id, resource] : configuration->resources()) {
      if (!resource.has_site()) continue;
      for (const auto& hostname : resource.site().hostnames()) {
        const auto zone = zone_of(*configuration, hostname);
        if (shared.contains(zone)) found.insert(zone);
      }
    }
  }
  return found;
}

void settle_steered(const Configuration& base, Configuration& next, std::set<ResourceId>& touched,
                    WallTime now) {
  const bool steering = std::any_of(touched.begin(), touched.end(), [&](const auto& id) {
    return is_steering(id.first) &&
           differs(base.find(id.first, id.second), next.find(id.first, id.second));
  });
  if (!steering) return;
  for (const auto& name : shared_steered_zones(base, next)) {
    const ResourceId id{v1::KIND_ZONE, name};
    if (!touched.insert(id).second) {
      // Its own change has moved the serial on, if it was one.
      if (differs(base.find(id.first, name), next.find(id.first, name))) continue;
    }
    auto resource = *next.find(id.first, name);
    if (!resource.zone().primaries().empty()) continue;
    auto& zone = *resource.mutable_zone();
    zone.set_serial(next_serial(zone.serial(), now));
    next.upsert(std::move(resource));
  }
}

void forget_contents(Configuration& next, std::set<ResourceId>& touched) {
  std::vector<ResourceId> orphans;
  for (const auto& [id, resource] : next.resources()) {
    if (id.first != v1::KIND_ZONE_CONTENT) continue;
    const auto* zone = next.find(v1::KIND_ZONE, id.second);
    if (zone == nullptr || zone->zone().primaries().empty()) orphans.push_back(id);
  }
  for (const auto& id : orphans) {
    next.erase(id);
    touched.insert(id);
  }
}

}  // namespace

bool is_newer_serial(std::uint32_t a, std::uint32_t b) {
  return a != b && a - b < std::uint32_t{1} << 31;
}

std::uint32_t next_serial(std::uint32_t held, WallTime now) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch());
  const auto wanted = static_cast<std::uint32_t>(seconds.count());
  const bool progress = wanted != 0 && (held == 0 || is_newer_serial(wanted, held));
  const auto next = progress ? wanted : held + 1;
  return next == 0 ? 1 : next;  // 0 says that there is none yet
}

void settle(const Configuration& base, Configuration& next, std::set<ResourceId>& touched,
            WallTime now) {
  for (const auto& id : touched) {
    const auto* after = next.find(id.first, id.second);
    if (id.first != v1::KIND_ZONE || after == nullptr) continue;
    const auto* before = base.find(id.first, id.second);
    const auto* content = base.find(v1::KIND_ZONE_CONTENT, id.second);
    auto held = before == nullptr ? 0 : before->zone().serial();
    if (content != nullptr) held = content->zone_content().zone().serial();  // its secondaries'
    auto resource = *after;
    settle_serial(before == nullptr ? nullptr : &before->zone(), held, *resource.mutable_zone(),
                  now);
    next.upsert(std::move(resource));
  }
  settle_steered(base, next, touched, now);
  forget_contents(next, touched);
}

}  // namespace meridian::control
