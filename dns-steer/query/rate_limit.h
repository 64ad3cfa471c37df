#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "common/base/time.h"
#include "common/net/address.h"
#include "dns-steer/query/settings.h"

namespace meridian::dns {

/// What a flood of forged queries looks like from here: each kind is counted apart, so that a flood
/// of random names leaves room for true answers to the same network.
enum class AnswerKind : std::uint8_t { positive, no_data, no_name, referral, error };

enum class Admission : std::uint8_t { send, truncate, drop };

struct Admitted {
  Admission what = Admission::send;
  bool evicted = false;  // the table was full: a network that had used its limit was forgotten
};

/// Networks of clients, and how much of their limits they have used. One a worker, on its thread;
/// its size is fixed, and the network that was quiet for longest gives way to a new one.
class RateLimiter {
 public:
  /// The same width as steering spreads clients by.
  static constexpr std::uint8_t kNetworkBits4 = 24;
  static constexpr std::uint8_t kNetworkBits6 = 56;
  static constexpr std::size_t kDefaultEntries = std::size_t{1} << 16;

  /// `seed` keeps strangers from choosing networks that share a place. Room for at least `entries`.
  explicit RateLimiter(std::uint64_t seed, std::size_t entries = kDefaultEntries);

  /// Whether an answer of this kind may go to `client` now. A network may save up the answers of
  /// one second. Does not allocate after the first call.
  Admitted admit(const RateLimits& limits, const IpAddress& client, AnswerKind kind, Instant now);

 private:
  struct Entry {
    // When all that was sent would have been sent at the rate of the limit (GCRA).
    std::chrono::nanoseconds used_until{0};
    std::uint32_t tag = 0;
    std::uint32_t over = 0;  // answers over the limit, since the last that was within it
  };
  static constexpr std::size_t kWays = 4;
  struct alignas(64) Set {
    std::array<Entry, kWays> entries;
  };

  std::uint64_t seed_;
  std::size_t most_sets_;
  std::vector<Set> sets_;  // made when first needed: most nodes have no limits
};

}  // namespace meridian::dns
