#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "common/wire/wire_reader.h"
#include "common/wire/wire_writer.h"
#include "dns-steer/query/client_subnet.h"
#include "dns-steer/query/cookie.h"
#include "dns-steer/query/message.h"
#include "dns-steer/zone/name.h"

namespace meridian::dns {

/// Numbers of EDNS options.
namespace option {
inline constexpr std::uint16_t kNsid = 3;
inline constexpr std::uint16_t kClientSubnet = 8;
inline constexpr std::uint16_t kCookie = 10;
inline constexpr std::uint16_t kKeepalive = 11;
inline constexpr std::uint16_t kPadding = 12;
inline constexpr std::uint16_t kExtendedError = 15;
}  // namespace option

/// The OPT record of a query (RFC 6891). Sees the message that it was read from.
struct Edns {
  std::uint16_t udp_size = 0;
  std::uint8_t version = 0;
  bool dnssec_ok = false;
  bool compact_ok = false;  // takes NXDOMAIN with a compact denial (RFC 9824 section 5.1)
  bool asks_nsid = false;
  bool asks_padding = false;
  /// RFC 7828; who says how long it would stay itself has not read that (section 3.2.1).
  enum class Keepalive : std::uint8_t { none, asked, malformed } keepalive = Keepalive::none;
  Bytes cookie;  // the option's data; empty: none was sent
  std::optional<ClientSubnet> client_subnet;
};

/// What is to be read from a query's OPT record: nothing, its fixed fields, or all of it.
enum class OptRead : std::uint8_t { nothing, malformed_options, all };

/// Reads an OPT record from behind its type on: class, TTL and options. Unknown options are passed
/// over; those of another version are not looked at.
OptRead parse_edns(WireReader& reader, Edns& edns);

/// What the OPT record of an answer says; it has one if the query had.
struct EdnsAnswer {
  bool present = false;
  bool dnssec_ok = false;   // copied (RFC 3225 section 3)
  bool compact_ok = false;  // copied for signed zones (RFC 9824 section 5.1)
  std::uint16_t udp_octets = kDefaultUdpOctets;
  Bytes nsid;  // empty: not asked for, or not told
  std::optional<FullCookie> cookie;
  const ClientSubnet* client_subnet = nullptr;  // of the query
  std::uint8_t scope = 0;
  std::uint16_t keepalive = 0;      // in 100 ms; 0: not told
  std::uint16_t padding_block = 0;  // the message is filled up to a multiple; 0: it is not
  ExtendedError error = ExtendedError::none;
};

/// Octets of the record; an extended error is not counted: it is left out where there is no room.
std::size_t edns_octets(const EdnsAnswer& answer);
/// `octets`: as edns_octets() told. `before`: octets of the message that stand before the record.
void write_edns(WireWriter& out, const EdnsAnswer& answer, std::size_t octets, Rcode rcode,
                std::size_t before);

}  // namespace meridian::dns
