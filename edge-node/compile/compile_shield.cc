#include "edge-node/compile/compile_shield.h"

#include <algorithm>
#include <utility>

namespace meridian::edge {
namespace {

using namespace std::chrono_literals;

/// Edges close what is idle for longer than VisitorLimits::idle.
constexpr std::chrono::milliseconds kIdle = 30s;
/// For the shield's edge to give up an origin first, so that it is not blamed for that.
constexpr std::chrono::milliseconds kMargin = 1s;
constexpr std::uint32_t kDefaultPort = 443;

OriginPtr find_or_make(const std::string& name, const v1::Node& node, const OriginPool& pool,
                       std::vector<IpAddress> addresses, KnownOrigins& known) {
  const auto port = node.has_https_port() ? node.https_port() : kDefaultPort;
  std::string id = pool.name + "\nshield\n" + name + '\n' + std::to_string(port);
  for (const auto& address : addresses) id += '\n' + address.text();
  if (auto edge = known.origins[id].lock()) return edge;
  auto edge = std::make_shared<Origin>();
  edge->host = name;
  edge->addresses = std::move(addresses);
  edge->port = static_cast<std::uint16_t>(port);
  known.origins[id] = edge;
  return edge;
}

}  // namespace

Result<std::shared_ptr<const OriginPool>> compile_shield(const OriginPool& pool,
                                                         const v1::Shield& from,
                                                         const PoolNeeds& needs,
                                                         KnownOrigins& known) {
  std::shared_ptr<const OriginPool> none;
  if (from.location().empty() || from.location() == needs.location || !needs.peers) return none;
  auto shield = std::make_shared<OriginPool>();
  for (const auto* edge : needs.edges) {
    const auto& node = edge->node();
    if (node.role() != v1::ROLE_EDGE || node.location() != from.location() || node.drained())
      continue;
    std::vector<IpAddress> addresses;
    for (const auto& text : node.addresses()) {
      const auto address = parse_address(text);
      if (!address) return at("Node " + edge->name(), address.error());
      addresses.push_back(*address);
    }
    if (addresses.empty()) continue;
    shield->shares.push_back({.weight = 1, .tier = 0, .hash = hash_of(edge->name())});
    shield->origins.push_back(find_or_make(edge->name(), node, pool, std::move(addresses), known));
  }
  if (shield->origins.empty()) return none;
  shield->name = pool.name;
  auto& state = known.pools[pool.name + "\nshield"];
  if (auto before = state.lock())
    shield->state = std::move(before);
  else
    state = shield->state;
  shield->peers = needs.peers;
  shield->balance = BalanceMethod::consistent_hash;
  shield->attempts = 2;
  shield->probe.path = "/.well-known/meridian/health";  // so that one that hangs is left out
  shield->ejection = {.failures = 3, .duration = 5s, .max_percent = 100};
  shield->connect_timeout = pool.connect_timeout;
  shield->first_byte_timeout = pool.connect_timeout + pool.first_byte_timeout + kMargin;
  shield->between_bytes_timeout = pool.between_bytes_timeout + kMargin;
  shield->idle_timeout = std::min(pool.idle_timeout, kIdle);
  shield->max_idle_connections = pool.max_idle_connections;
  return std::shared_ptr<const OriginPool>(std::move(shield));
}

}  // namespace meridian::edge
