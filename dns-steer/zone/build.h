#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/base/id.h"
#include "common/base/result.h"
#include "common/zone/records.h"
#include "dns-steer/zone/zone_data.h"
#include "meridian/v1/config.pb.h"

namespace meridian::dns {

struct ZoneSource {
  std::string name;  // of the Zone resource: its domain
  v1::Zone zone;
  // Of the apex, beside what `zone` says: DNSKEY, CDS, CDNSKEY, whatever their TTL is. Not empty:
  // the zone is signed.
  std::vector<zone::Record> keys = {};
};

/// A hostname that steering answers for: exact, or `*.` and a name.
struct SteeredName {
  std::string hostname;
  std::uint32_t site = kNone;
  bool https = false;  // HTTPS queries too, not A and AAAA only
};

/// Compiles zones; one that has no serial yet takes `revision` for it. Steered names outside all
/// zones are left out: somebody else is authoritative for them. The Error names zone and field.
/// Pure.
Result<ZoneData> build_zones(const std::vector<ZoneSource>& zones,
                             const std::vector<SteeredName>& steered, Revision revision);

}  // namespace meridian::dns
