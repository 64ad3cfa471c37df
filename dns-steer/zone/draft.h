#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "common/base/id.h"
#include "common/base/result.h"
#include "common/zone/records.h"
#include "dns-steer/zone/build.h"
#include "dns-steer/zone/record_type.h"

namespace meridian::dns {

struct DraftNode {
  zone::WireName owner;  // letter case as configured
  std::map<std::uint16_t, std::vector<zone::Record>> sets;
  std::uint32_t site = kNone;
  bool steers_https = false;
};

/// A zone as names and records, before it is laid out flat.
struct DraftZone {
  zone::WireName apex;                        // lower case
  std::map<zone::WireName, DraftNode> nodes;  // by lower-case name; empty non-terminals too
  std::uint32_t negative_ttl = 0;
  bool is_signed = false;
};

/// SOA, NS and static records, checked together. The Error's `where` is a field of the Zone.
Result<DraftZone> draft_zone(const ZoneSource& source, Revision revision);

/// The name without its first label; the root has none.
zone::WireName parent_of(const zone::WireName& name);

/// Adds the node of `name` and the empty non-terminals between it and the apex.
DraftNode& add_node(DraftZone& zone, const zone::WireName& name);

}  // namespace meridian::dns
