#include "dns-steer/query/cookie.h"

#include <algorithm>

#include "common/wire/wire_reader.h"
#include "common/wire/wire_writer.h"

namespace meridian::dns {
namespace {

constexpr std::uint32_t kSecondsADay = 86'400;
// RFC 9018 section 4.3.
constexpr std::int32_t kMostAge = 3'600;
constexpr std::int32_t kRenewalAge = 1'800;
constexpr std::int32_t kMostAhead = 300;
constexpr std::size_t kHashOffset = 16;

std::array<std::uint8_t, 8> little_endian(std::uint64_t value) {
  std::array<std::uint8_t, 8> octets;
  for (std::size_t i = 0; i < octets.size(); ++i)
    octets[i] = static_cast<std::uint8_t>(value >> (8 * i));
  return octets;
}

/// SipHash is a pseudorandom function: keyed with the master and counted, it derives keys as NIST
/// SP 800-108 section 4.1 (counter mode) does.
CookieSecret derive(const CookieSecret& master, std::uint32_t day) {
  CookieSecret secret;
  for (std::uint8_t half = 0; half < 2; ++half) {
    std::array<std::uint8_t, 24> input{};
    WireWriter out(input);
    static constexpr std::array<std::uint8_t, 10> kLabel{'d', 'n', 's', ' ', 'c',
                                                         'o', 'o', 'k', 'i', 'e'};
    out.u8(half);
    out.bytes(kLabel);
    out.u8(0);
    out.u32(day);
    const auto octets = little_endian(siphash_2_4(master, out.written()));
    std::copy(octets.begin(), octets.end(), secret.begin() + half * 8);
  }
  return secret;
}

/// Equal or not in the same time, so that nobody learns a hash octet by octet.
bool same_hash(const FullCookie& ours, std::span<const std::uint8_t> theirs) {
  std::uint8_t difference = 0;
  for (auto i = kHashOffset; i < ours.size(); ++i)
    difference = static_cast<std::uint8_t>(difference | (ours[i] ^ theirs[i]));
  return difference == 0;
}

}  // namespace

FullCookie make_cookie(const CookieSecret& secret, std::span<const std::uint8_t> client_cookie,
                       std::uint32_t head, std::uint32_t unix_seconds, const IpAddress& client) {
  std::array<std::uint8_t, 32> input;
  WireWriter signed_part(input);
  signed_part.bytes(client_cookie);
  signed_part.u32(head);
  signed_part.u32(unix_seconds);
  FullCookie cookie;
  std::copy_n(input.begin(), kHashOffset, cookie.begin());
  signed_part.bytes(client.bytes());
  const auto hash = little_endian(siphash_2_4(secret, signed_part.written()));
  std::copy(hash.begin(), hash.end(), cookie.begin() + kHashOffset);
  return cookie;
}

const CookieSecret& master_at(std::span<const CookieMaster> masters, std::uint32_t unix_seconds) {
  const auto later = std::find_if(masters.rbegin(), masters.rend(), [&](const CookieMaster& one) {
    return static_cast<std::int32_t>(unix_seconds - one.sign_from) >= 0;  // RFC 1982
  });
  return later == masters.rend() ? masters.front().secret : later->secret;
}

const CookieSecret& CookieKeys::secret(const CookieSecret& master, std::uint32_t unix_seconds) {
  const auto day = unix_seconds / kSecondsADay;
  auto& key = keys_[day % keys_.size()];
  if (!key.known || key.day != day || key.master != master)
    key = {master, day, derive(master, day), true};
  return key.secret;
}

CookieCheck check_cookie(CookieKeys& keys, std::span<const CookieMaster> masters,
                         std::span<const std::uint8_t> option, const IpAddress& client,
                         std::uint32_t unix_seconds) {
  const auto client_cookie = option.first(kClientCookieOctets);
  CookieCheck check;
  if (option.size() == kFullCookieOctets) {
    WireReader reader(option.subspan(kClientCookieOctets));
    const auto head = reader.u32();
    const auto made_at = reader.u32();
    const auto age = static_cast<std::int32_t>(unix_seconds - made_at);
    if (head >> 24 == 1 && age <= kMostAge && age >= -kMostAhead) {
      // The reserved octets are signed as they came (RFC 9018 section 4.2).
      const auto& secret = keys.secret(master_at(masters, made_at), made_at);
      check.answer = make_cookie(secret, client_cookie, head, made_at, client);
      check.valid = same_hash(check.answer, option);
      if (check.valid && age <= kRenewalAge) return check;
    }
  }
  const auto& secret = keys.secret(master_at(masters, unix_seconds), unix_seconds);
  check.answer = make_cookie(secret, client_cookie, kCookieHead, unix_seconds, client);
  return check;
}

}  // namespace meridian::dns
