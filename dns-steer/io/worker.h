#pragma once

#include <memory>
#include <span>
#include <vector>

#include "dns-steer/io/counters.h"
#include "dns-steer/io/sockets.h"
#include "dns-steer/query/serving.h"

namespace meridian::dns {

/// A core's share of the work: a thread for each UDP socket, one with a loop for all of TCP, and
/// what they answer from. Serves from construction on.
class Worker {
 public:
  /// One of `counters` for TCP, then one for each of `sockets`; they must outlive it.
  Worker(std::vector<ListenSockets> sockets, std::shared_ptr<const Serving> first,
         std::span<WorkerCounters> counters);
  /// Stops and joins.
  ~Worker();

  /// Queries that come from now on by UDP, and soon by TCP, are answered from `next`. Any thread.
  void serve(std::shared_ptr<const Serving> next);

 private:
  class State;
  std::unique_ptr<State> state_;
};

}  // namespace meridian::dns
