#pragma once

#include <cstdint>

#include "dns-steer/query/cookie.h"
#include "dns-steer/query/rate_limit.h"

namespace meridian::dns {

/// What a worker remembers from query to query: nothing that changes what an answer says. One a
/// worker, on its thread.
struct WorkerState {
  /// `seed`: random, so that strangers cannot choose who shares a place in its tables.
  explicit WorkerState(std::uint64_t seed) : limiter(seed) {}

  RateLimiter limiter;
  CookieKeys cookie_keys;
};

}  // namespace meridian::dns
