#include "controller/transfer/commit.h"

#include <algorithm>
#include <cstddef>
#include <map>
#include <utility>

namespace meridian::control {
namespace {

using Refusals = std::map<std::string, std::string>;  // why, by the zone's name

std::string reason_of(const v1::Violation& violation) {
  return "what it sends is refused: " + violation.field() + ": " + violation.reason();
}

std::string author_of(const std::vector<const ArrivedZone*>& zones) {
  const auto& first = zones.front()->primary;
  const bool same = std::all_of(zones.begin(), zones.end(),
                                [&](const auto* zone) { return zone->primary == first; });
  return same ? "transfer/" + first : "transfer";
}

v1::ApplyRequest request_for(const std::vector<const ArrivedZone*>& zones) {
  v1::ApplyRequest request;
  for (const auto* zone : zones) {
    auto& resource = *request.add_upserts();
    resource.set_name(zone->name);
    *resource.mutable_zone_content()->mutable_zone() = zone->contents;
    resource.mutable_zone_content()->set_primary(zone->primary);
  }
  request.set_comment(zones.size() == 1 ? "serial " + std::to_string(zones[0]->contents.serial())
                                        : std::to_string(zones.size()) + " zones");
  return request;
}

/// Commits those of `zones` that are good; the others, and why not, go to `refused`.
void commit(Head& head, std::vector<const ArrivedZone*> zones, WallTime now, Refusals& refused) {
  while (!zones.empty()) {
    const auto applied = head.apply(request_for(zones), {author_of(zones), now});
    if (!applied) {
      for (const auto* zone : zones) refused[zone->name] = applied.error().text();
      return;
    }
    if (applied->violations.empty()) return;
    Refusals reasons;
    for (const auto& violation : applied->violations) {
      const auto kind = violation.resource().kind();
      if (kind == v1::KIND_ZONE || kind == v1::KIND_ZONE_CONTENT)
        reasons.try_emplace(violation.resource().name(), reason_of(violation));
    }
    const auto named = std::partition(zones.begin(), zones.end(), [&](const auto* zone) {
      return !reasons.contains(zone->name);
    });
    for (auto zone = named; zone != zones.end(); ++zone)
      refused[(*zone)->name] = reasons[(*zone)->name];
    if (named == zones.end()) {  // one of them makes something else wrong: which is it?
      if (zones.size() == 1) {
        refused[zones[0]->name] = reason_of(applied->violations.front());
        return;
      }
      const auto middle = zones.begin() + static_cast<std::ptrdiff_t>(zones.size() / 2);
      commit(head, {zones.begin(), middle}, now, refused);
      return commit(head, {middle, zones.end()}, now, refused);
    }
    zones.erase(named, zones.end());
  }
}

}  // namespace

std::vector<std::string> commit_zones(Head& head, const std::vector<ArrivedZone>& zones,
                                      WallTime now) {
  std::vector<const ArrivedZone*> all;
  for (const auto& zone : zones) all.push_back(&zone);
  Refusals refused;
  commit(head, std::move(all), now, refused);
  std::vector<std::string> reasons;
  for (const auto& zone : zones) {
    const auto reason = refused.find(zone.name);
    reasons.push_back(reason == refused.end() ? std::string() : reason->second);
  }
  return reasons;
}

}  // namespace meridian::control
