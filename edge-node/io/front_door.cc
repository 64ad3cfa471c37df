#include "edge-node/io/front_door.h"

#include "edge-node/request/refusal.h"

namespace meridian::edge {

bool is_denied(FrontDoor& door, const IpAddress& client) {
  const bool denied = door.worker.slot.current().limits->denied.contains(client);
  if (denied) door.worker.counters.denied.add();
  return denied;
}

std::optional<ClientCounts::Held> count_client(FrontDoor& door, const IpAddress& client) {
  const auto& bound = door.worker.slot.current().limits->client_connections;
  if (!bound) return ClientCounts::Held();
  auto held = door.worker.client_counts.take(*bound, client);
  if (!held) {
    door.worker.counters.client_connections_refused.add();
    log_connection(client, "connections_per_client", door.worker);
  }
  return held;
}

}  // namespace meridian::edge
