#pragma once

#include <cstdint>
#include <vector>

#include "dns-steer/zone/zone_data.h"

namespace meridian::dns {

/// The nodes of zone number `zone` that have an NSEC record in a whole copy of it, in the order of
/// RFC 4034 section 6.1: the apex first, all names with data that the zone signs, and delegations;
/// no empty non-terminals, and nothing below a delegation or a DNAME. Pure; off the data path.
std::vector<std::uint32_t> nsec_chain(const ZoneData& data, std::uint32_t zone);

}  // namespace meridian::dns
