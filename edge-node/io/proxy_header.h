#pragma once

#include <vector>

#include "common/net/address.h"
#include "edge-node/net/stream.h"

namespace meridian::edge {

/// The proxies whose PROXY headers are believed; from everybody else such a header is nothing but
/// bytes that are no TLS and no HTTP.
using TrustedProxies = std::vector<IpPrefix>;
bool is_trusted(const TrustedProxies& proxies, const IpAddress& peer);

/// Reads the header that must stand in front of a trusted proxy's connection, and not a byte more.
/// False: there is none, or it is wrong or came too slowly. Sets `client` where the header names
/// one.
asio::awaitable<bool> read_proxy_header(Stream& stream, IpAddress& client, Instant deadline);

}  // namespace meridian::edge
