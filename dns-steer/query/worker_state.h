#pragma once

#include <cstdint>

#include "dns-steer/query/cookie.h"
#include "dns-steer/query/explain_limit.h"
#include "dns-steer/query/fresh_signatures.h"
#include "dns-steer/query/rate_limit.h"
#include "dns-steer/steer/chance.h"

namespace meridian::dns {

/// What a worker remembers from query to query: nothing that changes what an answer says but where
/// a policy wants chance or a round robin. One a worker, on its thread.
struct WorkerState {
  /// `seed`: random, so that strangers cannot choose who shares a place in its tables.
  explicit WorkerState(std::uint64_t seed) : limiter(seed), chance(seed), fresh_signatures(seed) {}

  RateLimiter limiter;
  CookieKeys cookie_keys;
  ChanceSource chance;
  ExplainLimit explain_limit;
  FreshSignatures fresh_signatures;
};

}  // namespace meridian::dns
