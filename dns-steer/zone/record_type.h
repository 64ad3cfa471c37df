#pragma once

#include <cstdint>

/// Types of records that the code must know apart; all others are only data.
namespace meridian::dns::rr {

inline constexpr std::uint16_t kA = 1;
inline constexpr std::uint16_t kNs = 2;
inline constexpr std::uint16_t kCname = 5;
inline constexpr std::uint16_t kSoa = 6;
inline constexpr std::uint16_t kPtr = 12;
inline constexpr std::uint16_t kHinfo = 13;
inline constexpr std::uint16_t kMx = 15;
inline constexpr std::uint16_t kTxt = 16;
inline constexpr std::uint16_t kAaaa = 28;
inline constexpr std::uint16_t kSrv = 33;
inline constexpr std::uint16_t kDname = 39;
inline constexpr std::uint16_t kOpt = 41;
inline constexpr std::uint16_t kDs = 43;
inline constexpr std::uint16_t kRrsig = 46;
inline constexpr std::uint16_t kNsec = 47;
inline constexpr std::uint16_t kDnskey = 48;
inline constexpr std::uint16_t kNsec3 = 50;
inline constexpr std::uint16_t kNsec3param = 51;
inline constexpr std::uint16_t kCds = 59;
inline constexpr std::uint16_t kCdnskey = 60;
inline constexpr std::uint16_t kSvcb = 64;
inline constexpr std::uint16_t kHttps = 65;
/// In the type bitmap of an NSEC record: the name does not exist (RFC 9824 section 2).
inline constexpr std::uint16_t kNxname = 128;

/// SVCB and those of its form (RFC 9460).
constexpr bool is_service(std::uint16_t type) { return type == kSvcb || type == kHttps; }

}  // namespace meridian::dns::rr
