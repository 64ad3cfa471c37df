#include "dns-steer/query/edns.h"

#include "dns-steer/zone/record_type.h"

namespace meridian::dns {
namespace {

constexpr std::uint16_t kDnssecOk = 0x8000;
constexpr std::size_t kOptOctets = 11;

/// Options are answered in our version only: BADVERS is for who speaks another.
const ClientSubnet* answered_subnet(const Edns& query) {
  return query.version == 0 && query.client_subnet ? &*query.client_subnet : nullptr;
}

}  // namespace

std::optional<Edns> parse_edns(WireReader& reader) {
  Edns edns;
  edns.udp_size = reader.u16();
  (void)reader.u8();  // extended RCODE: of answers
  edns.version = reader.u8();
  edns.dnssec_ok = (reader.u16() & kDnssecOk) != 0;
  const auto length = reader.u16();
  WireReader options(reader.bytes(length));
  if (!reader.ok()) return {};
  if (edns.version != 0) return edns;
  while (options.remaining() > 0) {
    const auto code = options.u16();
    const auto size = options.u16();
    WireReader option(options.bytes(size));
    if (!options.ok()) return {};
    if (code != kClientSubnetOption) continue;
    if (edns.client_subnet) return {};  // which of the two is the client's?
    edns.client_subnet = parse_client_subnet(option);
    if (!edns.client_subnet) return {};
  }
  return edns;
}

std::size_t edns_octets(const Edns& query) {
  const auto* subnet = answered_subnet(query);
  return kOptOctets + (subnet != nullptr ? client_subnet_octets(*subnet) : 0);
}

void write_edns(WireWriter& out, const Edns& query, Rcode rcode, std::uint8_t scope) {
  const auto* subnet = answered_subnet(query);
  out.u8(0);  // the root
  out.u16(rr::kOpt);
  out.u16(kMostUdpOctets);
  out.u8(static_cast<std::uint8_t>(static_cast<unsigned>(rcode) >> 4));
  out.u8(0);                                 // our version
  out.u16(query.dnssec_ok ? kDnssecOk : 0);  // copied (RFC 3225 section 3)
  out.u16(static_cast<std::uint16_t>(edns_octets(query) - kOptOctets));
  if (subnet != nullptr) write_client_subnet(out, *subnet, scope);
}

}  // namespace meridian::dns
