#pragma once

#include <optional>

#include "edge-node/io/connections.h"
#include "edge-node/io/proxy_header.h"
#include "edge-node/net/peer.h"
#include "edge-node/net/visitor_tls.h"
#include "edge-node/protect/client_counts.h"
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

/// Whether the settings deny `client` everything; counted.
bool is_denied(FrontDoor& door, const IpAddress& client);
/// A connection's place among those of its client. No value: there are as many as there may be.
std::optional<ClientCounts::Held> count_client(FrontDoor& door, const IpAddress& client);

}  // namespace meridian::edge
