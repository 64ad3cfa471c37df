#pragma once

#include <atomic>
#include <memory>
#include <thread>

#include "common/snapshot/mailbox.h"
#include "common/snapshot/slot.h"
#include "dns-steer/io/counters.h"
#include "dns-steer/io/sockets.h"
#include "dns-steer/query/serving.h"
#include "dns-steer/query/worker_state.h"

namespace meridian::dns {

/// One UDP socket and its thread: receive a batch, answer each, send the batch. The thread waits in
/// the kernel's receive call itself: a lightly loaded server pays two system calls for a query, not
/// the four of an event loop.
class UdpWorker {
 public:
  /// Serves from now on. `seed` is for chance, `counters` are this thread's own, and must outlive
  /// it.
  UdpWorker(const Endpoint& endpoint, Descriptor socket, std::shared_ptr<const Serving> first,
            std::uint64_t seed, WorkerCounters& counters);
  /// Stops and joins.
  ~UdpWorker();

  /// What is received from now on is answered from `next`. Any thread.
  void serve(std::shared_ptr<const Serving> next) { news_.give(std::move(next)); }

 private:
  struct Batch;

  void run();
  /// How many; 0: an error of a single packet (ICMP), a signal, or the end.
  unsigned receive();
  void parse_batch(unsigned received);
  unsigned answer_batch(unsigned received);
  void send_batch(unsigned answers);

  Descriptor socket_;
  SnapshotSlot<Serving> slot_;
  WorkerState state_;
  Mailbox<std::shared_ptr<const Serving>> news_;
  WorkerCounters& counters_;
  std::unique_ptr<Batch> batch_;
  unsigned in_turn_alone_ = 0;  // so many more messages are received one by one
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

}  // namespace meridian::dns
