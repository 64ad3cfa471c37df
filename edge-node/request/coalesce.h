#pragma once

#include "edge-node/request/lookup.h"

namespace meridian::edge {

enum class Followed : std::uint8_t {
  answered,
  look_again,  // what was fetched may be in the cache now, or is for another variant
  alone,       // not for the cache: go to the origin by oneself
};

/// Joins the fetch that is under way for this key and variant, on whichever worker, or begins one,
/// and answers from it as it arrives. `found`: what the cache has and cannot be used as it is. A
/// range that is far, or of a response that is not for the cache as a whole, is fetched alone and
/// stored as a part; `query` remembers the latter.
asio::awaitable<Followed> coalesce(Transaction& t, CacheQuery& query, const Found& found);

/// Begins to revalidate what was found, for others to come; nobody waits for it.
void refresh(Transaction& t, const CacheQuery& query, const Found& found);

/// The stored response answers, though it is stale, for an origin that cannot.
bool stands_in(const Transaction& t, const CacheQuery& query, const Found& found);

}  // namespace meridian::edge
