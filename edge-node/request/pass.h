#pragma once

#include <string_view>

#include "edge-node/request/fetch.h"

namespace meridian::edge {

/// To the origin and back, body streamed both ways, nothing stored. `reason`: why the cache did
/// not answer, in the words of RFC 9211 section 2.2. `key`: what the cache would have stored it
/// under; then it goes through the pool's shield, if there is one. Empty: it is not for any cache.
asio::awaitable<void> pass(Transaction& t, std::string_view reason, std::string_view key = {});

/// The second half of it: an origin's response to the visitor as it comes.
asio::awaitable<void> relay(Transaction& t, Fetched fetched, std::string_view reason);

}  // namespace meridian::edge
