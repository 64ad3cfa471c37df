#include "dns-steer/io/worker_pool.h"

#include <span>
#include <utility>

namespace meridian::dns {

WorkerPool::WorkerPool(std::vector<Endpoint> endpoints, unsigned workers)
    : endpoints_(std::move(endpoints)),
      threads_(endpoints_.size() + 1),
      counters_(workers * threads_) {}

Result<void> WorkerPool::serve(std::shared_ptr<const Serving> next) {
  if (!workers_.empty()) {
    for (const auto& worker : workers_) worker->serve(next);
    return {};
  }
  const auto workers = counters_.size() / threads_;
  auto sockets = open_sockets(endpoints_, static_cast<unsigned>(workers));
  if (!sockets) return sockets.error();
  for (const auto& pair : sockets->front()) bound_.push_back(pair.endpoint);
  for (std::size_t i = 0; i < workers; ++i) {
    const auto counters = std::span(counters_).subspan(i * threads_, threads_);
    workers_.push_back(std::make_unique<Worker>(std::move(sockets->at(i)), next, counters));
  }
  return {};
}

}  // namespace meridian::dns
