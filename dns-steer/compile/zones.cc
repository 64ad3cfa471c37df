#include "dns-steer/compile/zones.h"

#include <algorithm>
#include <string>
#include <unordered_map>
#include <utility>

#include "common/zone/records.h"
#include "common/zone/servable.h"
#include "dns-steer/zone/record_type.h"

namespace meridian::dns {
namespace {

/// Steered names, in lower case, and whether their HTTPS records are steered too.
using Names = std::unordered_map<zone::WireName, bool>;

bool is_made_by_signing(const v1::RecordSet& set) {
  const auto type = zone::parse_type(set.type());
  return type && zone::is_made_by_signing(*type);
}

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

/// What the primaries have, without what is steered or made here.
v1::Zone zone_of(const v1::Zone& content, const std::string& name, const v1::Zone& declared,
                 const Names& steered) {
  auto zone = content;
  zone.set_sign(declared.sign());
  *zone.mutable_signing() = declared.signing();
  const auto apex = zone::parse_name(name);
  if (!apex) return zone;  // building it says so
  auto& records = *zone.mutable_records();
  records.erase(std::remove_if(records.begin(), records.end(),
                               [&](const auto& set) {
                                 return contradicts(set, *apex, steered) ||
                                        (declared.sign() && is_made_by_signing(set));
                               }),
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
                       zone_of(content->second->zone(), resource.name(), resource.zone(), names)});
    }
  }
  return zones;
}

}  // namespace meridian::dns
