#include "edge-node/io/front_door.h"

namespace meridian::edge {

std::optional<ClientCounts::Held> count_client(FrontDoor& door, const IpAddress& client) {
  const auto& bound = door.worker.slot.current().limits->client_connections;
  if (!bound) return ClientCounts::Held();
  auto held = door.worker.client_counts.take(*bound, client);
  if (!held) door.worker.counters.client_connections_refused.add();
  return held;
}

}  // namespace meridian::edge
