#include "common/observe/metrics.h"
#include "edge-node/edge.h"

namespace meridian::edge {
namespace {

using Snapshots = std::function<std::shared_ptr<const Snapshot>()>;

/// One histogram for each site that was asked for anything.
MetricsServer::ReadHistograms read_latencies(Snapshots current,
                                             LatencyHistogram SiteCounts::*histogram) {
  return [current = std::move(current), histogram] {
    std::vector<HistogramSample> samples;
    const auto snapshot = current();
    if (!snapshot) return samples;
    for (const auto& site : snapshot->sites) {
      const auto all = site->meter->all();
      if (all.empty()) continue;
      auto& sample = samples.emplace_back();
      sample.labels = {{"site", site->name}};
      for (const SiteCounts* counts : all) (counts->*histogram).add_to(sample);
    }
    return samples;
  };
}

std::vector<MetricSample> read_responses(const Snapshot& snapshot) {
  std::vector<MetricSample> samples;
  for (const auto& site : snapshot.sites) {
    const auto all = site->meter->all();
    if (all.empty()) continue;
    for (std::size_t i = 1; i < all.front()->responses.size(); ++i) {
      std::uint64_t total = 0;
      for (const SiteCounts* counts : all) total += counts->responses[i].value();
      samples.push_back({{{"site", site->name}, {"class", std::to_string(i) + "xx"}},
                         static_cast<double>(total)});
    }
  }
  return samples;
}

std::vector<MetricSample> read_sent_bytes(const Snapshot& snapshot) {
  std::vector<MetricSample> samples;
  for (const auto& site : snapshot.sites) {
    const auto all = site->meter->all();
    if (all.empty()) continue;
    std::uint64_t total = 0;
    for (const SiteCounts* counts : all) total += counts->bytes_sent.value();
    samples.push_back({{{"site", site->name}}, static_cast<double>(total)});
  }
  return samples;
}

/// Nothing, before the first snapshot.
MetricsServer::Read read_sites(Snapshots current,
                               std::vector<MetricSample> (*read)(const Snapshot&)) {
  return [current = std::move(current), read] {
    const auto snapshot = current();
    return snapshot ? read(*snapshot) : std::vector<MetricSample>();
  };
}

}  // namespace

void Edge::add_site_metrics(MetricsServer& server) const {
  const Snapshots current = [this] { return current_snapshot(); };
  server.add_histogram("meridian_edge_request_duration_seconds",
                       "From the head of a request to the end of its answer",
                       read_latencies(current, &SiteCounts::requests));
  server.add_histogram("meridian_edge_origin_first_byte_seconds",
                       "From a request to an origin or shield to the head of its response",
                       read_latencies(current, &SiteCounts::first_bytes));
  server.add_counter("meridian_edge_site_responses_total", "Answers, by site and class of status",
                     read_sites(current, read_responses));
  server.add_counter("meridian_edge_site_sent_bytes_total", "Bytes of bodies sent, by site",
                     read_sites(current, read_sent_bytes));
}

}  // namespace meridian::edge
