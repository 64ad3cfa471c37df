#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "common/net/address.h"
#include "common/wire/wire_reader.h"
#include "common/wire/wire_writer.h"

namespace meridian::dns {

/// The EDNS option Client Subnet (RFC 7871 section 6) of a query.
struct ClientSubnet {
  std::uint16_t family = 0;  // as it was sent: 1, 2, or 0 for an opt-out that names none
  std::uint8_t source = 0;   // prefix length; 0: the client must not be located by it
  IpAddress address;         // zeros past the source prefix

  bool locates() const { return source != 0; }
};

/// Reads the option's data, all that `option` holds. No value: the query is malformed (too few or
/// too many octets, bits set past the prefix, unknown family, a scope in a query).
std::optional<ClientSubnet> parse_client_subnet(WireReader option);

/// Octets of the address that an option carries.
constexpr std::size_t address_octets(const ClientSubnet& subnet) {
  return (subnet.source + std::size_t{7}) / 8;
}
/// Octets of the whole option.
constexpr std::size_t client_subnet_octets(const ClientSubnet& subnet) {
  return 8 + address_octets(subnet);
}
/// The whole option for an answer, with what the query said and the answer's scope.
void write_client_subnet(WireWriter& out, const ClientSubnet& subnet, std::uint8_t scope);

}  // namespace meridian::dns
