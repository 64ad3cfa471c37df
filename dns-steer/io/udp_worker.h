#pragma once

#include <memory>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/udp.hpp>

#include "common/snapshot/slot.h"
#include "dns-steer/io/counters.h"
#include "dns-steer/io/sockets.h"
#include "dns-steer/query/serving.h"
#include "dns-steer/query/worker_state.h"

namespace meridian::dns {

using ServingSlot = SnapshotSlot<Serving>;

/// One UDP socket of one worker: receive a batch, answer each, send the batch. On its worker's
/// thread only.
class UdpWorker {
 public:
  /// `slot`, `state` and `counters` must outlive it.
  UdpWorker(boost::asio::io_context& context, const Endpoint& endpoint, Descriptor socket,
            const ServingSlot& slot, WorkerState& state, WorkerCounters& counters);
  ~UdpWorker();

  void start();

 private:
  struct Batch;

  void wait();
  void serve();
  unsigned answer_batch(unsigned received);
  void send_batch(unsigned answers);

  boost::asio::ip::udp::socket socket_;
  const ServingSlot& slot_;
  WorkerState& state_;
  WorkerCounters& counters_;
  std::unique_ptr<Batch> batch_;
};

}  // namespace meridian::dns
