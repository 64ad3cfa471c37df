#pragma once

#include <optional>

#include "edge-node/request/local_answer.h"

namespace meridian::edge {

/// Counts a request for `t.site` among its client's. With a value: its client has as much as it
/// may, and gets that answer. Not for requests of other edges, which have been counted there.
std::optional<LocalAnswer> beyond_limits(Transaction& t);

/// One piece of an answer's body, when it is the client's turn. False: the visitor is gone.
asio::awaitable<bool> send_paced(Transaction& t, std::string_view bytes);
/// The answer's body is to be sent by that.
inline bool is_paced(const Transaction& t) { return t.site && t.site->limits.bytes && !t.peer; }

}  // namespace meridian::edge
