#pragma once

#include <cstddef>
#include <cstdint>

/// Numbers of the DNS message (RFC 1035 section 4, RFC 6891, RFC 6895).
namespace meridian::dns {

inline constexpr std::size_t kHeaderOctets = 12;
/// Where the question's name begins in every message.
inline constexpr std::uint16_t kQuestionOffset = kHeaderOctets;

/// What a UDP answer may hold for a client without EDNS (RFC 1035 section 2.3.4), and for anyone:
/// beyond 1232 octets packets are fragmented and lost (DNS flag day 2020).
inline constexpr std::size_t kPlainUdpOctets = 512;
inline constexpr std::size_t kMostUdpOctets = 1232;
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
  bad_vers = 16,  // its high bits are in the OPT record
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

}  // namespace meridian::dns
