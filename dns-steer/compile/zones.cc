#include "dns-steer/compile/zones.h"

#include <algorithm>
#include <string>
#include <unordered_map>
#include <utility>

#include "common/zone/records.h"
#include "dns-steer/zone/record_type.h"

namespace meridian::dns {
namespace {

/// Steered names, in lower case, and whether their HTTPS records are steered too.
using Names = std::unordered_map<zone::WireName, bool>;

bool contradicts(const v1::RecordSet& set, const zone::WireName& apex, const Names& steered) {
  const auto type = zone::parse_type(set.type());
  const bool is_https = type && *type == rr::kHttps;
  if (!type || (*type != rr::kA && *type != rr::kAaaa && *type != rr::kCname && !is_https))
    return false;
  const auto owner = zone::parse_relative_name(set.name(), apex);
  if (!owner) return false;
  const auto found = steered.find(zone::lower(*owner));
  return found != steered.end() && (!is_https || found->second);
}

v1::Zone without_contradictions(const v1::Zone& content, const std::string& name,
                                const Names& steered) {
  auto zone = content;
  const auto apex = zone::parse_name(name);
  if (!apex) return zone;  // building it says so
  auto& records = *zone.mutable_records();
  records.erase(std::remove_if(records.begin(), records.end(),
                               [&](const auto& set) { return contradicts(set, *apex, steered); }),
                records.end());
  return zone;
}

}  // namespace

std::vector<ZoneSource> zone_sources(const std::vector<v1::Resource>& resources,
                                     const std::vector<SteeredName>& steered) {
  std::unordered_map<std::string, const v1::ZoneContent*> contents;
  for (const auto& resource : resources) {
    if (resource.has_zone_content()) contents.emplace(resource.name(), &resource.zone_content());
  }
  Names names;
  if (!contents.empty()) {
    for (const auto& name : steered) {
      if (auto wire = zone::parse_name(name.hostname))
        names[zone::lower(std::move(*wire))] |= name.https;
    }
  }
  std::vector<ZoneSource> zones;
  for (const auto& resource : resources) {
    if (!resource.has_zone()) continue;
    if (resource.zone().primaries().empty()) {
      zones.push_back({resource.name(), resource.zone()});
    } else if (const auto content = contents.find(resource.name()); content != contents.end()) {
      zones.push_back({resource.name(),
                       without_contradictions(content->second->zone(), resource.name(), names)});
    }
  }
  return zones;
}

}  // namespace meridian::dns
