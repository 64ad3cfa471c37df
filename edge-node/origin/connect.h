#pragma once

#include <memory>

#include "edge-node/origin/origin_pool.h"
#include "edge-node/origin/resolve.h"

namespace meridian::edge {

enum class ConnectError : std::uint8_t {
  none,
  no_address,
  refused,
  timed_out,
  tls,
  protocol,
  no_socket
};

struct OriginConnection {
  std::unique_ptr<Stream> stream;  // null: see `error`
  ConnectError error = ConnectError::none;
};

/// A new connection for `protocol`, with TLS if the pool has it, within the pool's connect timeout
/// and before `deadline`: the name is resolved and its addresses are tried. `pool` and `origin`
/// outlive the call.
asio::awaitable<OriginConnection> connect_origin(Loop loop, Resolver& resolver,
                                                 const OriginPool& pool, const Origin& origin,
                                                 OriginProtocol protocol, Instant deadline);

/// "connection refused", for a person.
std::string_view describe(ConnectError error);

}  // namespace meridian::edge
