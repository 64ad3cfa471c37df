#pragma once

#include <memory>
#include <vector>

#include "dns-steer/io/counters.h"
#include "dns-steer/io/sockets.h"
#include "dns-steer/query/serving.h"

namespace meridian::dns {

/// A thread with a loop, its own sockets, and what it answers from. Serves from construction on.
class Worker {
 public:
  /// `counters` must outlive it.
  Worker(std::vector<ListenSockets> sockets, std::shared_ptr<const Serving> first,
         WorkerCounters& counters);
  /// Stops and joins.
  ~Worker();

  /// Between two queries the worker goes over to `next`. Any thread.
  void serve(std::shared_ptr<const Serving> next);

 private:
  class State;
  std::unique_ptr<State> state_;
};

}  // namespace meridian::dns
