#include "edge-node/origin/pool.h"

#include <algorithm>
#include <utility>

namespace meridian::edge {

IdleConnections::IdleConnections(unsigned workers, OriginGate& gate)
    : workers_(workers), gate_(gate) {}

template <typename IsStale>
CountedConnection IdleConnections::take_newest(const OriginPtr& origin, IsStale is_stale) {
  const auto found = idle_.find(origin);
  if (found == idle_.end()) return {};
  auto& waiting = found->second;
  while (!waiting.empty()) {
    auto connection = std::move(waiting.back().connection);
    waiting.pop_back();
    if (!is_stale(*connection.stream)) return connection;
  }
  return {};
}

CountedConnection IdleConnections::take(const OriginPtr& origin) {
  return take_newest(origin, [](Stream& stream) { return stream.has_unexpected_input(); });
}

CountedConnection IdleConnections::take_unasked(const OriginPtr& origin) {
  return take_newest(origin, [](Stream& stream) {
    // What TLS has to say for itself, like tickets, is no answer.
    return stream.heard_of_input() && (!stream.tls() || stream.has_unexpected_input());
  });
}

void IdleConnections::put(const OriginPool& pool, const OriginPtr& origin,
                          CountedConnection connection, Instant now) {
  const auto share = (pool.max_idle_connections + workers_ - 1) / workers_;
  const Turnstile& connections = origin->connections;
  if (connections.anybody_waits() && !connections.waits_on(gate_.worker())) return;
  auto& waiting = idle_[origin];
  if (waiting.size() >= share) return;
  waiting.push_back({std::move(connection), now + pool.idle_timeout});
  if (connections.anybody_waits()) gate_.serve(origin, &Origin::connections);
}

void IdleConnections::sweep(Instant now) {
  for (auto& [origin, waiting] : idle_)
    std::erase_if(waiting, [&](const Idle& idle) { return now >= idle.until; });
  std::erase_if(idle_, [](const auto& item) { return item.second.empty(); });
}

void IdleConnections::drop_one(const OriginPtr& origin) {
  const auto found = idle_.find(origin);
  if (found == idle_.end() || found->second.empty()) return;
  found->second.erase(found->second.begin());
}

}  // namespace meridian::edge
