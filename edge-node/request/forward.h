#pragma once

#include "edge-node/http/range.h"
#include "edge-node/request/context.h"
#include "edge-node/request/fetch.h"

namespace meridian::edge {

/// The header fields that go to the origin for this request: the visitor's, without what speaks
/// of the visitor's connection or misleads origins, with who it is and which way it came
/// (forwarding.h), and with the pool's secret; without its sticky cookie.
http::Fields forward_fields(Transaction& t);
/// The same in `fields`, whose memory is used again.
void forward_fields(Transaction& t, http::Fields& fields);
/// Of the request's trailers, those that may go on: without what only edges say, or misleads.
void clean_trailers(http::Fields& trailers, Transaction& t);
/// What decides which origin gets this request.
OriginRoute route_of(Transaction& t);
/// Of that: what a consistent hash takes, and what locations are rewritten for.
std::uint64_t hash_key_of(Transaction& t);
AskedFor asked_for_of(Transaction& t);

/// Through which shield its fetch for the cache goes. No value: through none; what comes from
/// another edge never goes to a third. `key`: what it is stored under.
std::optional<ShieldRoute> shield_of(Transaction& t, std::string_view key);

/// Origins have led it back here. Of a request from another edge that one has judged.
bool is_looping(Transaction& t);

/// It asks for a part, or only if it has changed.
bool asks_for_less(const http::Fields& fields);
/// Without what asks for less than the whole current response: for a fetch on the cache's behalf.
void ask_for_whole(http::Fields& fields);

/// Without what asks for less than this part of the response, as it is now or, with If-Range, as
/// it was.
void ask_for_part(http::Fields& fields, const http::SingleRange& range);

/// With what asks whether `stored` is still good (RFC 9110 section 13.1). False: it has nothing to
/// be recognised by.
bool ask_if_changed(http::Fields& fields, const StoredHead& stored);

}  // namespace meridian::edge
