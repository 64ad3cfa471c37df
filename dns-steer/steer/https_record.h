#pragma once

#include <cstdint>
#include <span>

#include "common/wire/wire_writer.h"
#include "dns-steer/steer/fleet.h"

namespace meridian::dns {

/// The most octets that write_https_data() writes.
inline constexpr std::size_t kMostHttpsOctets = 1024;

/// The data of the HTTPS record (RFC 9460) of a steered name, for a client whose A query gets the
/// addresses `v4` and whose AAAA query gets `v6`. They are its hints, and the port is that of the
/// edge that comes first; an edge with another port is left out of the hints. `fleet.sites[site]`
/// has such a record. Pure; does not allocate.
void write_https_data(WireWriter& out, const Fleet& fleet, std::uint32_t site,
                      std::span<const Candidate* const> v4, std::span<const Candidate* const> v6);

}  // namespace meridian::dns
