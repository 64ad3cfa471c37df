#include "common/observe/metrics.h"
#include "edge-node/edge.h"

namespace meridian::edge {
namespace {

using Snapshots = std::function<std::shared_ptr<const Snapshot>()>;

/// One sample for each pool, of what its workers count.
MetricsServer::Read read_pools(Snapshots current, std::atomic<std::uint64_t> PoolState::*counter) {
  return [current = std::move(current), counter] {
    std::vector<MetricSample> samples;
    const auto snapshot = current();
    if (!snapshot) return samples;
    for (const auto& pool : snapshot->pools)
      samples.push_back(
          {{{"pool", pool->name}}, static_cast<double>(((*pool->state).*counter).load())});
    return samples;
  };
}

/// One sample for each origin.
MetricsServer::Read read_origins(Snapshots current, std::function<double(const Origin&)> value) {
  return [current = std::move(current), value = std::move(value)] {
    std::vector<MetricSample> samples;
    const auto snapshot = current();
    if (!snapshot) return samples;
    for (const auto& pool : snapshot->pools)
      for (const auto& origin : pool->origins)
        samples.push_back({{{"pool", pool->name}, {"origin", origin->label()}}, value(*origin)});
    return samples;
  };
}

/// One sample for each edge of a shield: 1 where `holds`.
MetricsServer::Read read_shields(Snapshots current, std::function<bool(const Origin&)> holds) {
  return [current = std::move(current), holds = std::move(holds)] {
    std::vector<MetricSample> samples;
    const auto snapshot = current();
    if (!snapshot) return samples;
    for (const auto& pool : snapshot->pools) {
      if (!pool->shield) continue;
      for (const auto& edge : pool->shield->origins)
        samples.push_back({{{"pool", pool->name}, {"edge", edge->host}}, holds(*edge) ? 1.0 : 0.0});
    }
    return samples;
  };
}

}  // namespace

void Edge::add_origin_metrics(MetricsServer& server) const {
  const Snapshots current = [this] { return current_snapshot(); };
  server.add_counter("meridian_edge_pool_retries_total",
                     "Requests sent to another origin because the first gave no answer",
                     read_pools(current, &PoolState::retries));
  server.add_counter("meridian_edge_pool_retries_refused_total",
                     "Retries not made because the budget was used up",
                     read_pools(current, &PoolState::refused_retries));
  server.add_counter("meridian_edge_pool_ejections_total",
                     "Origins taken out because they failed requests",
                     read_pools(current, &PoolState::ejections));
  server.add_counter("meridian_edge_pool_breaker_refusals_total",
                     "Requests answered 503 because an origin was at its limit",
                     read_pools(current, &PoolState::breaker_refusals));
  server.add_gauge("meridian_edge_origin_up", "1: probes succeed",
                   read_origins(current, [](const Origin& o) { return o.up.load() ? 1.0 : 0.0; }));
  server.add_gauge("meridian_edge_origin_ejected", "1: taken out because it failed requests",
                   read_origins(current, [](const Origin& o) {
                     return o.ejection.is_ejected(Clock::now()) ? 1.0 : 0.0;
                   }));
  server.add_gauge("meridian_edge_origin_requests", "Requests under way",
                   read_origins(current, [](const Origin& o) { return o.requests.inside(); }));
  server.add_gauge("meridian_edge_origin_connections", "Open connections, idle ones too",
                   read_origins(current, [](const Origin& o) { return o.connections.inside(); }));
  server.add_gauge("meridian_edge_origin_pending", "Requests that wait for their turn",
                   read_origins(current, [](const Origin& o) {
                     return o.requests.queued() + o.connections.queued();
                   }));
  server.add_gauge("meridian_edge_shield_edge_ejected", "1: left out because it failed requests",
                   read_shields(current, [](const Origin& edge) {
                     return edge.ejection.is_ejected(Clock::now());
                   }));
  server.add_gauge("meridian_edge_shield_edge_up", "1: probes succeed",
                   read_shields(current, [](const Origin& edge) { return edge.up.load(); }));
}

}  // namespace meridian::edge
