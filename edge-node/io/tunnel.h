#pragma once

#include <string_view>

#include "edge-node/net/stream.h"
#include "edge-node/protect/limits.h"

namespace meridian::edge {

/// Bytes both ways, until both sides have ended, one breaks, or nothing moved in either direction
/// for `limits.tunnel_idle`. `early`: what the visitor sent before.
asio::awaitable<void> run_tunnel(Stream& visitor, Stream& origin, std::string_view early,
                                 const VisitorLimits& limits);

}  // namespace meridian::edge
