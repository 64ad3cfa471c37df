#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "common/net/address.h"
#include "dns-steer/query/siphash.h"

/// DNS cookies (RFC 7873) with the server cookie that all implementations share (RFC 9018), so that
/// every node of a fleet takes what one of them gave.
namespace meridian::dns {

inline constexpr std::size_t kClientCookieOctets = 8;
inline constexpr std::size_t kFullCookieOctets = 24;  // with our server cookie

using CookieSecret = SipHashKey;
/// The client's cookie and then ours: the data of an option COOKIE.
using FullCookie = std::array<std::uint8_t, kFullCookieOctets>;

/// What the option COOKIE of a query may hold: a client cookie of 8 octets, and a server cookie of
/// 8 to 32 octets if it has one (RFC 7873 section 5.2.2).
constexpr bool is_cookie_size(std::size_t octets) {
  return octets == 8 || (octets >= 16 && octets <= 40);
}

/// The server cookie of RFC 9018 section 4 for a client, behind the client's own. `head` is its
/// version and reserved octets.
FullCookie make_cookie(const CookieSecret& secret, std::span<const std::uint8_t> client_cookie,
                       std::uint32_t head, std::uint32_t unix_seconds, const IpAddress& client);
inline constexpr std::uint32_t kCookieHead = 0x01000000;  // version 1, reserved octets zero

/// From when on cookies are made with a master secret: until the next one's time.
struct CookieMaster {
  CookieSecret secret{};
  std::uint32_t sign_from = 0;  // Unix seconds
};

/// The one in force at a time, of `masters` in the order of their times; before the first of them
/// it is the first. Not empty. Pure.
const CookieSecret& master_at(std::span<const CookieMaster> masters, std::uint32_t unix_seconds);

/// The secrets that cookies are signed with. All nodes hold the same masters; the secret of a day
/// follows from the master of the time and the day's number, so it rotates without a word, and a
/// secret that leaks is worth a day (RFC 7873 section 7.1). A cookie tells its own time, so each is
/// checked with one secret, and an old master need not be forgotten in time: what it signs is too
/// old.
class CookieKeys {
 public:
  /// The secret of the day that `unix_seconds` is in. The last ones are remembered: a worker makes
  /// each of them once.
  const CookieSecret& secret(const CookieSecret& master, std::uint32_t unix_seconds);

 private:
  struct Key {
    CookieSecret master{};
    std::uint32_t day = 0;
    CookieSecret secret{};
    bool known = false;
  };
  std::array<Key, 2> keys_;  // even and odd days: at most two are in use at any time
};

struct CookieCheck {
  bool valid = false;  // the client showed a cookie of ours that has not expired
  FullCookie answer;   // what it gets: its own again, or a fresh one when that ages
};

/// Judges the data of an option COOKIE, of a size that is_cookie_size() allows: a server cookie is
/// valid for an hour, from 5 minutes ahead of our clock (RFC 9018 section 4.3). Does not allocate.
CookieCheck check_cookie(CookieKeys& keys, std::span<const CookieMaster> masters,
                         std::span<const std::uint8_t> option, const IpAddress& client,
                         std::uint32_t unix_seconds);

}  // namespace meridian::dns
