#pragma once

#include <cstddef>
#include <cstdint>

/// Numbers of the DNS message (RFC 1035 section 4, RFC 6891, RFC 6895).
namespace meridian::dns {

inline constexpr std::size_t kHeaderOctets = 12;
/// Where the question's name begins in every message.
inline constexpr std::uint16_t kQuestionOffset = kHeaderOctets;

/// What a UDP answer may hold for a client without EDNS (RFC 1035 section 2.3.4), for one with it
/// unless an operator says else (beyond, packets are fragmented and lost on some networks: DNS flag
/// day 2020), and for anyone (all that a packet of IPv6 over Ethernet holds).
inline constexpr std::size_t kPlainUdpOctets = 512;
inline constexpr std::size_t kDefaultUdpOctets = 1232;
inline constexpr std::size_t kMostUdpOctets = 1452;
inline constexpr std::size_t kMostTcpOctets = 65'535;

namespace flag {
inline constexpr std::uint16_t kResponse = 0x8000;
inline constexpr std::uint16_t kOpcode = 0x7800;
inline constexpr std::uint16_t kAuthoritative = 0x0400;
inline constexpr std::uint16_t kTruncated = 0x0200;
inline constexpr std::uint16_t kRecursionDesired = 0x0100;
}  // namespace flag

enum class Rcode : std::uint8_t {
  no_error = 0,
  form_err = 1,
  serv_fail = 2,
  nx_domain = 3,
  not_imp = 4,
  refused = 5,
  yx_domain = 6,   // a name that DNAME made is too long (RFC 6672 section 2.2)
  not_auth = 9,    // wrongly signed, or no zone of ours to transfer (RFC 8945, RFC 5936)
  bad_vers = 16,   // from here on the high bits are in the OPT record
  bad_cookie = 23  // RFC 7873 section 8
};

/// Why, in more words than an RCODE (RFC 8914).
enum class ExtendedError : std::uint16_t {
  none = 0xffff,  // not in the registry: reserved for private use
  prohibited = 18,
  not_authoritative = 20,
  not_supported = 21,
  invalid_query_type = 30,  // RFC 9824 section 9
};

namespace query_type {
inline constexpr std::uint16_t kTkey = 249;
inline constexpr std::uint16_t kTsig = 250;
inline constexpr std::uint16_t kIxfr = 251;
inline constexpr std::uint16_t kAxfr = 252;
inline constexpr std::uint16_t kMailb = 253;
inline constexpr std::uint16_t kMaila = 254;
inline constexpr std::uint16_t kAny = 255;
}  // namespace query_type

inline constexpr std::uint16_t kClassIn = 1;
inline constexpr std::uint16_t kClassChaos = 3;
inline constexpr std::uint16_t kClassAny = 255;

}  // namespace meridian::dns
