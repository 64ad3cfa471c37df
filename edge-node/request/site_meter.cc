#include "edge-node/request/site_meter.h"

namespace meridian::edge {

void LatencyHistogram::add_to(HistogramSample& sample) const {
  if (sample.bounds.empty())
    for (const auto bound : kBoundsMicros) sample.bounds.push_back(bound / 1e6);
  sample.counts.resize(buckets_.size());
  for (std::size_t i = 0; i < buckets_.size(); ++i) sample.counts[i] += buckets_[i].value();
  sample.sum += static_cast<double>(micros_.value()) / 1e6;
}

std::vector<const SiteCounts*> SiteMeter::all() const {
  std::vector<const SiteCounts*> all;
  for (const auto& counts : counts_)
    if (const auto* there = counts.load(std::memory_order_acquire)) all.push_back(there);
  return all;
}

}  // namespace meridian::edge
