#pragma once

#include <memory>
#include <span>
#include <vector>

#include "dns-steer/io/counters.h"
#include "dns-steer/io/sockets.h"
#include "dns-steer/io/stream_session.h"
#include "dns-steer/io/tls_context.h"
#include "dns-steer/query/serving.h"

namespace meridian::dns {

/// What all workers' streams have in common. Outlives the workers.
struct Streams {
  StreamLimits limits;
  OpenSource open_source;
  ConnectionTable table{limits.connections, limits.connections_per_client};
};

/// A worker's sockets. `tls` is empty without a context for it.
struct WorkerSockets {
  std::vector<ListenSockets> plain;
  std::vector<TlsSocket> tls;
};

/// A core's share of the work: a thread for each UDP socket, one with a loop for all streams, and
/// what they answer from. Serves from construction on.
class Worker {
 public:
  /// One of `counters` for streams, then one for each UDP socket; they and `streams` must outlive
  /// it.
  Worker(WorkerSockets sockets, Streams& streams, TlsContextPtr tls,
         std::shared_ptr<const Serving> first, std::span<WorkerCounters> counters);
  /// Stops and joins.
  ~Worker();

  /// Queries that come from now on by UDP, and soon by TCP, are answered from `next`. Any thread.
  void serve(std::shared_ptr<const Serving> next);
  /// For connections that come from now on. Any thread.
  void use(TlsContextPtr tls);

 private:
  class State;
  std::unique_ptr<State> state_;
};

}  // namespace meridian::dns
