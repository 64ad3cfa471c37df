#pragma once

#include "edge-node/request/context.h"

namespace meridian::edge {

/// Answers one request: the whole way, whatever the version of HTTP.
asio::awaitable<void> handle(VisitorExchange& exchange, WorkerContext& worker);

}  // namespace meridian::edge
