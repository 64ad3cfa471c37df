#pragma once

#include <memory>
#include <vector>

#include "common/base/result.h"
#include "dns-steer/io/worker.h"

namespace meridian::dns {

/// All workers. They start with the first state to serve: before it there is nothing true to say,
/// and a closed port lets a resolver go on to the next server.
class WorkerPool {
 public:
  WorkerPool(std::vector<Endpoint> endpoints, unsigned workers);

  /// Starts the workers, or sends them `next`. An Error: a socket cannot be had. One thread.
  Result<void> serve(std::shared_ptr<const Serving> next);
  void stop() { workers_.clear(); }

  /// One a thread of a worker, from construction to destruction. Any thread.
  const std::vector<WorkerCounters>& counters() const { return counters_; }
  /// What was bound; empty before the workers have started.
  const std::vector<Endpoint>& bound() const { return bound_; }

 private:
  std::vector<Endpoint> endpoints_;
  std::vector<Endpoint> bound_;
  std::size_t threads_;  // of each worker
  std::vector<WorkerCounters> counters_;
  std::vector<std::unique_ptr<Worker>> workers_;
};

}  // namespace meridian::dns
