#include "edge-node/rules/rate_limits.h"

#include <algorithm>
#include <cstdlib>
#include <limits>
#include <new>

#include "edge-node/rules/stable_hash.h"

namespace meridian::edge {
namespace {

std::int64_t nanoseconds_of(Instant now) {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(now.time_since_epoch()).count();
}

template <class Pace>
IpAddress network_of(const Pace& pace, const IpAddress& client) {
  return prefix_of(client, client.is_v4() ? pace.ipv4_length : pace.ipv6_length).address;
}

}  // namespace

void RateLimits::Free::operator()(void* memory) const { std::free(memory); }

RateLimits::RateLimits(std::uint64_t seed, std::size_t places)
    : seed_(seed),
      buckets_(places / kWays),
      places_(static_cast<Place*>(std::calloc(places, sizeof(Place)))) {
  if (!places_) throw std::bad_alloc();
}

/// Two threads that bring the same client at the same time may give it two places for a moment; one
/// of them is forgotten when it has been idle.
RateLimits::Place* RateLimits::find_place(std::uint64_t owner, std::int64_t now) {
  Place* const bucket = &places_[(owner >> 32) % buckets_ * kWays];
  for (std::size_t i = 0; i < kWays; ++i)
    if (bucket[i].owner.load(std::memory_order_acquire) == owner) return &bucket[i];
  for (std::size_t i = 0; i < kWays; ++i) {
    auto held = bucket[i].owner.load(std::memory_order_acquire);
    if (held != 0 && bucket[i].next.load(std::memory_order_relaxed) > now) continue;
    // Its `next` is over: the new owner begins with nothing to pay, as if it were set anew.
    if (bucket[i].owner.compare_exchange_strong(held, owner, std::memory_order_acq_rel) ||
        held == owner)
      return &bucket[i];
  }
  return nullptr;
}

RateLimits::Place* RateLimits::place_of(std::uint64_t limit, const IpAddress& network,
                                        std::int64_t now) {
  const auto owner = stable_hash(network.bytes(), stable_mix(seed_ ^ limit)) | 1;
  Place* const place = find_place(owner, now);
  if (!place) uncounted_.fetch_add(1, std::memory_order_relaxed);
  return place;
}

std::chrono::nanoseconds RateLimits::ask(const RatePace& pace, const IpAddress& client,
                                         Instant now) {
  const auto time = nanoseconds_of(now);
  Place* const place = place_of(pace.rule, network_of(pace, client), time);
  if (!place) return std::chrono::nanoseconds(0);
  const std::int64_t each = pace.each.count();
  // A burst that would last for centuries never ends.
  constexpr std::int64_t kLongest = std::numeric_limits<std::int64_t>::max() / 4;
  const auto more = std::max<std::int64_t>(static_cast<std::int64_t>(pace.burst) - 1, 0);
  const std::int64_t ahead = more > 0 && each > kLongest / more ? kLongest : each * more;
  auto next = place->next.load(std::memory_order_relaxed);
  for (;;) {
    const auto from = std::max(next, time);
    if (from - time > ahead) return std::chrono::nanoseconds(from - time - ahead);
    if (place->next.compare_exchange_weak(next, from + each, std::memory_order_relaxed))
      return std::chrono::nanoseconds(0);
  }
}

std::chrono::nanoseconds RateLimits::send(const BytePace& pace, const IpAddress& client,
                                          std::size_t bytes, Instant now) {
  constexpr std::int64_t kSecond = 1'000'000'000;
  const auto time = nanoseconds_of(now);
  Place* const place = place_of(pace.limit, network_of(pace, client), time);
  if (!place) return std::chrono::nanoseconds(0);
  const auto cost = static_cast<std::int64_t>(static_cast<double>(bytes) * kSecond /
                                              static_cast<double>(pace.bytes_per_second));
  auto next = place->next.load(std::memory_order_relaxed);
  for (;;) {
    const auto from = std::max(next, time);
    if (place->next.compare_exchange_weak(next, from + cost, std::memory_order_relaxed))
      return std::chrono::nanoseconds(std::max<std::int64_t>(from + cost - time - kSecond, 0));
  }
}

}  // namespace meridian::edge
