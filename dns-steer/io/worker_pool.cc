#include "dns-steer/io/worker_pool.h"

#include <utility>

namespace meridian::dns {

WorkerPool::WorkerPool(std::vector<Endpoint> endpoints, unsigned workers)
    : endpoints_(std::move(endpoints)), counters_(workers) {}

Result<void> WorkerPool::serve(std::shared_ptr<const Serving> next) {
  if (!workers_.empty()) {
    for (const auto& worker : workers_) worker->serve(next);
    return {};
  }
  auto sockets = open_sockets(endpoints_, static_cast<unsigned>(counters_.size()));
  if (!sockets) return sockets.error();
  for (const auto& pair : sockets->front()) bound_.push_back(pair.endpoint);
  for (std::size_t i = 0; i < counters_.size(); ++i)
    workers_.push_back(std::make_unique<Worker>(std::move(sockets->at(i)), next, counters_[i]));
  return {};
}

}  // namespace meridian::dns
