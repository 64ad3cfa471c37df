#pragma once

#include <cstdint>

#include "dns-steer/zone/name.h"
#include "dns-steer/zone/zone_data.h"

namespace meridian::dns {

/// Where a name leads (RFC 1034 section 4.3.2, RFC 4592).
struct Found {
  enum class Kind : std::uint8_t {
    outside,     // in none of our zones
    node,        // `node` is the name, or the wildcard that stands for it
    delegation,  // `node` is the zone cut that the name is at or below
    redirected,  // `node` is above the name and owns a DNAME (RFC 6672)
    no_name,     // the name does not exist in `zone`
  };
  Kind kind = Kind::outside;
  std::uint32_t zone = kNone;
  std::uint8_t apex_size = 0;  // octets of the zone's name
  const Node* node = nullptr;
};

/// Whether the parent's side of a zone cut answers (DS, RFC 4035 section 3.1.4.1) or the child's.
enum class CutSide : std::uint8_t { child, parent };

/// Pure; any thread; does not allocate.
Found find(const ZoneData& data, const LookupName& name, CutSide side);

/// Of the SOA.
std::uint32_t serial_of(const ZoneData& data, std::uint32_t zone);

}  // namespace meridian::dns
