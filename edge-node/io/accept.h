#pragma once

#include <memory>

#include <boost/asio/posix/stream_descriptor.hpp>

#include "edge-node/io/connections.h"
#include "edge-node/io/proxy_header.h"
#include "edge-node/net/peer.h"
#include "edge-node/net/visitor_tls.h"
#include "edge-node/protect/limits.h"
#include "edge-node/request/context.h"

namespace meridian::edge {

/// What a worker's listeners and connections share. Outlives them.
struct FrontDoor {
  WorkerContext& worker;
  Connections& connections;
  VisitorCounts& visitors;
  const TrustedProxies& proxies;
  SSL_CTX& front;
  TicketKeyring& tickets;
  const PeerIdentity& peers;
};

enum class Scheme : std::uint8_t { http, https };

/// Sends idle visitors away when there are nearly as many connections as there may be. To be
/// called often.
void make_room(FrontDoor& door);

/// Accepts from a listening socket, which is closed when `listener` is, and serves each visitor.
using ListenerPtr = std::shared_ptr<asio::posix::stream_descriptor>;
asio::awaitable<void> accept_visitors(FrontDoor& door, ListenerPtr listener, Scheme scheme);
/// Those who wait at a listening socket now.
void accept_all(FrontDoor& door, int listener, Scheme scheme);

}  // namespace meridian::edge
