#pragma once

#include <memory>
#include <vector>

#include "common/base/result.h"
#include "dns-steer/io/worker.h"

namespace meridian::dns {

/// How streams are served, beside the plain sockets that UDP and TCP share.
struct StreamOptions {
  StreamLimits limits{};
  OpenSource open_source{};
  std::vector<Endpoint> tls_listen{};
  TlsContextPtr tls{};  // not null if there is anything in tls_listen
};

/// All workers. They start with the first state to serve: before it there is nothing true to say,
/// and a closed port lets a resolver go on to the next server.
class WorkerPool {
 public:
  WorkerPool(std::vector<Endpoint> endpoints, unsigned workers, StreamOptions streams = {});

  /// Starts the workers, or sends them `next`. An Error: a socket cannot be had. One thread.
  Result<void> serve(std::shared_ptr<const Serving> next);
  /// A new certificate, for TLS connections that come from now on. The thread of serve().
  void use(TlsContextPtr tls);
  void stop() { workers_.clear(); }

  /// One a thread of a worker, from construction to destruction. Any thread.
  const std::vector<WorkerCounters>& counters() const { return counters_; }
  /// What was bound; empty before the workers have started.
  const std::vector<Endpoint>& bound() const { return bound_; }
  const std::vector<Endpoint>& bound_tls() const { return bound_tls_; }
  /// TCP and TLS connections that are open. Any thread.
  std::size_t connections() const { return streams_.table.size(); }

 private:
  std::vector<Endpoint> endpoints_;
  std::vector<Endpoint> bound_;
  std::vector<Endpoint> tls_endpoints_;
  std::vector<Endpoint> bound_tls_;
  TlsContextPtr tls_;
  Streams streams_;
  std::size_t threads_;  // of each worker
  std::vector<WorkerCounters> counters_;
  std::vector<std::unique_ptr<Worker>> workers_;
};

}  // namespace meridian::dns
