#pragma once

#include <optional>

#include "edge-node/request/fetch.h"
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

/// A fetch that it could join is under way, or has just ended well.
bool is_under_way(Transaction& t, const CacheQuery& query);

/// A fetch that nobody has begun, of a response of which nothing is stored: begins it as coalesce()
/// would. The caller carries it out, or leaves it to carry_on(). No value: it is not so simple.
std::optional<RamTier::Join> lead(Transaction& t, const CacheQuery& query, Instant now);
/// What coalesce() does behind that. What has `begun` of the fetch goes on, and is moved from.
asio::awaitable<void> carry_on(Transaction& t, CacheQuery& query, const RamTier::Join& lead,
                               Fetched& begun);

/// Begins to revalidate what was found, for others to come; nobody waits for it.
void refresh(Transaction& t, const CacheQuery& query, const Found& found);

/// The stored response answers, though it is stale, for an origin that cannot.
bool stands_in(const Transaction& t, const CacheQuery& query, const Found& found);

}  // namespace meridian::edge
