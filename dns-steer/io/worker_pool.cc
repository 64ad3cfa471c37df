#include "dns-steer/io/worker_pool.h"

#include <span>
#include <utility>

namespace meridian::dns {

WorkerPool::WorkerPool(std::vector<Endpoint> endpoints, unsigned workers, StreamOptions streams)
    : endpoints_(std::move(endpoints)),
      tls_endpoints_(std::move(streams.tls_listen)),
      tls_(std::move(streams.tls)),
      streams_{streams.limits, std::move(streams.open_source)},
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
  auto tls = open_tls_sockets(tls_endpoints_, static_cast<unsigned>(workers));
  if (!tls) return tls.error();
  for (const auto& pair : sockets->front()) bound_.push_back(pair.endpoint);
  for (const auto& socket : tls->front()) bound_tls_.push_back(socket.endpoint);
  for (std::size_t i = 0; i < workers; ++i) {
    const auto counters = std::span(counters_).subspan(i * threads_, threads_);
    WorkerSockets own{std::move(sockets->at(i)), std::move(tls->at(i))};
    workers_.push_back(std::make_unique<Worker>(std::move(own), streams_, tls_, next, counters));
  }
  return {};
}

void WorkerPool::use(TlsContextPtr tls) {
  tls_ = std::move(tls);
  for (const auto& worker : workers_) worker->use(tls_);
}

}  // namespace meridian::dns
