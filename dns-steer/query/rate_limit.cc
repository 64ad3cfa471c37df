#include "dns-steer/query/rate_limit.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace meridian::dns {
namespace {

/// The network of a client as a number.
std::uint64_t network_of(const IpAddress& client) {
  if (client.is_v4()) return client.v4_value() >> (32 - RateLimiter::kNetworkBits4);
  std::uint64_t network = 0;
  for (const auto octet : client.bytes().first(RateLimiter::kNetworkBits6 / 8))
    network = network << 8 | octet;
  return network | std::uint64_t{1} << 63;
}

std::uint64_t mix(std::uint64_t x) {
  x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
  x = (x ^ x >> 27) * 0x94d049bb133111eb;
  return x ^ x >> 31;
}

}  // namespace

RateLimiter::RateLimiter(std::uint64_t seed, std::size_t entries)
    : seed_(seed), most_sets_(std::bit_ceil((entries + kWays - 1) / kWays)) {}

Admitted RateLimiter::admit(const RateLimits& limits, const IpAddress& client, AnswerKind kind,
                            Instant now) {
  const bool exempt = std::any_of(limits.exempt.begin(), limits.exempt.end(),
                                  [&](const IpPrefix& prefix) { return prefix.contains(client); });
  if (exempt) return {};
  if (sets_.empty()) sets_.resize(most_sets_);

  const auto hash = mix(mix(seed_ ^ network_of(client)) + static_cast<std::uint64_t>(kind));
  const auto tag = static_cast<std::uint32_t>(hash >> 32) | 1;  // 0: an entry never used
  const std::chrono::nanoseconds at = now.time_since_epoch();
  Admitted admitted;
  auto& entries = sets_[hash & (most_sets_ - 1)].entries;
  auto entry = std::find_if(entries.begin(), entries.end(),
                            [tag](const Entry& one) { return one.tag == tag; });
  if (entry == entries.end()) {
    entry = std::min_element(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) {
      return a.used_until < b.used_until;
    });
    admitted.evicted = entry->used_until > at;
    *entry = {};
    entry->tag = tag;
  }

  constexpr std::chrono::nanoseconds kSavedUp = std::chrono::seconds(1);
  const auto used_until = std::max(entry->used_until, at) + limits.interval;
  if (used_until <= at + kSavedUp) {
    entry->used_until = used_until;
    entry->over = 0;
    return admitted;
  }
  ++entry->over;
  const bool slip = limits.slip > 0 && entry->over % limits.slip == 0;
  admitted.what = slip ? Admission::truncate : Admission::drop;
  return admitted;
}

}  // namespace meridian::dns
