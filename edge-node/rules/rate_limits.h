#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "common/base/time.h"
#include "common/net/address.h"

namespace meridian::edge {

/// How often somebody may ask, in the form that requests read.
struct RatePace {
  std::uint64_t rule = 0;            // a hash that tells this limit from all others
  std::chrono::nanoseconds each{0};  // between two requests in the long run
  std::uint32_t burst = 1;           // that may come at once
  int ipv4_length = 32;              // by which clients are told apart
  int ipv6_length = 64;
};

/// How many bytes somebody may be sent.
struct BytePace {
  std::uint64_t limit = 0;             // a hash that tells this limit from all others
  std::uint64_t bytes_per_second = 1;  // as many may go at once
  int ipv4_length = 32;                // by which clients are told apart
  int ipv6_length = 64;
};

/// When clients may ask again: one table for all limits and all workers of an edge, without a lock.
/// A client that has been silent for long enough needs no place. Where more clients are active than
/// the table has places for, those that find none are let through, and counted.
class RateLimits {
 public:
  static constexpr std::size_t kPlaces = std::size_t{1} << 18;

  /// `seed`: by chance, so that no stranger can choose addresses that share their places. `places`
  /// is a power of two.
  explicit RateLimits(std::uint64_t seed, std::size_t places = kPlaces);

  /// Counts one request of `client`. Zero: it may go on; else how long until the next may. Any
  /// thread.
  std::chrono::nanoseconds ask(const RatePace& pace, const IpAddress& client, Instant now);

  /// Counts `bytes` that `client` is sent, and says how long they have to wait for those before
  /// them, on whichever connection. Any thread.
  std::chrono::nanoseconds send(const BytePace& pace, const IpAddress& client, std::size_t bytes,
                                Instant now);

  /// Requests let through uncounted, as the table was full.
  std::uint64_t uncounted() const { return uncounted_.load(std::memory_order_relaxed); }

 private:
  /// `next` is when the client will have paid for what it has asked (GCRA): it may be ahead of the
  /// time by as much as a burst is worth.
  struct Place {
    std::atomic<std::uint64_t> owner;  // 0: nobody's
    std::atomic<std::int64_t> next;    // nanoseconds of the clock
  };
  static constexpr std::size_t kWays = 4;  // places that a client may have: one line of a cache

  /// Null, and counted: the table is full.
  Place* place_of(std::uint64_t limit, const IpAddress& network, std::int64_t now);
  Place* find_place(std::uint64_t owner, std::int64_t now);

  struct Free {
    void operator()(void* memory) const;
  };
  std::uint64_t seed_;
  std::size_t buckets_;
  std::unique_ptr<Place[], Free> places_;  // pages that nobody has touched take no memory
  std::atomic<std::uint64_t> uncounted_{0};
};

}  // namespace meridian::edge
