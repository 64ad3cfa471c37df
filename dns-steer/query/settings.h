#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "common/base/time.h"
#include "common/net/address.h"
#include "dns-steer/query/cookie.h"
#include "dns-steer/query/message.h"

namespace meridian::dns {

/// How many answers of one kind a client's network gets (response rate limiting).
struct RateLimits {
  /// Between two answers, on average; zero: as many as are asked for.
  std::chrono::nanoseconds interval{0};
  /// Of the answers over the limit, every `slip`-th is sent truncated, so that a real client comes
  /// again by TCP; the others are not sent. 0: none is sent.
  std::uint32_t slip = 2;
  std::vector<IpPrefix> exempt;

  bool enabled() const { return interval.count() > 0; }
};

/// What holds for all answers of a node, whatever the zone: DnsSettings, compiled.
struct AnswerSettings {
  std::uint16_t udp_octets = kDefaultUdpOctets;
  /// The node's name for NSID (RFC 5001); empty: not told.
  std::string nsid;
  /// CHAOS TXT answers: for id.server and hostname.bind, for version.bind and version.server;
  /// empty: refused.
  std::string chaos_id;
  std::string chaos_version;
  /// A UDP answer to a client that shows no cookie is at most this many times as long as its query;
  /// 0: no such bound.
  std::uint32_t amplification = 30;
  bool cookies = true;
  /// UDP clients must show a valid cookie.
  bool demand_cookies = false;
  /// In the order of their times; one at least.
  std::vector<CookieMaster> cookie_masters{CookieMaster{}};
  RateLimits rate_limits;
  /// The node's name, and the source addresses of whom it tells why clients get what they get.
  std::string node;
  std::vector<IpPrefix> explain_prefixes;
};

}  // namespace meridian::dns
