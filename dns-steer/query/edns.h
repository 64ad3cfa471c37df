#pragma once

#include <cstdint>
#include <optional>

#include "common/wire/wire_reader.h"
#include "common/wire/wire_writer.h"
#include "dns-steer/query/client_subnet.h"
#include "dns-steer/query/message.h"

namespace meridian::dns {

/// The OPT record of a query (RFC 6891).
struct Edns {
  std::uint16_t udp_size = 0;
  std::uint8_t version = 0;
  bool dnssec_ok = false;
  std::optional<ClientSubnet> client_subnet;
};

/// Reads an OPT record from behind its type on: class, TTL and options. Unknown options are passed
/// over; those of another version are not looked at. No value: the query is malformed.
std::optional<Edns> parse_edns(WireReader& reader);

/// Octets of the OPT record that answers `query`.
std::size_t edns_octets(const Edns& query);
void write_edns(WireWriter& out, const Edns& query, Rcode rcode, std::uint8_t scope);

}  // namespace meridian::dns
