#pragma once

#include <atomic>
#include <memory>
#include <vector>

#include "common/base/result.h"
#include "edge-node/io/accept.h"
#include "edge-node/io/listener.h"
#include "edge-node/net/loop_thread.h"

namespace meridian::edge {

/// What all workers share. Outlives them.
struct WorkerShared {
  unsigned workers;
  RamTier& cache;
  disk::DiskTier* disk;
  OriginGates& gates;
  AccessLog& access_log;
  const std::atomic<bool>& draining;
  const std::atomic<bool>& handed_over;
  VisitorCounts& visitors;
  const TrustedProxies& proxies;
  const PurgePosition& purges;
  const RefillPeriod& refills;
  RateLimits& rate_limits;
  ClientCounts& client_counts;
  const OverloadLimits& overload;
  const PeerIdentity& peers;
};

/// A socket that takes visitors.
struct ListeningSocket {
  int fd;
  Scheme scheme;
};

/// One thread with its event loop, its listeners, its visitors and its connections to origins.
class Worker {
 public:
  static Result<std::unique_ptr<Worker>> start(unsigned index, const WorkerShared& shared);
  ~Worker();

  /// Returns when the worker's next request sees `snapshot`; frees the one before on the caller's
  /// thread. Not after close().
  void install(std::shared_ptr<const Snapshot> snapshot);
  /// The same of what is known of clients' places.
  void install(std::shared_ptr<const ClientPlaces> places);
  Result<void> listen(BoundSocket socket, Scheme scheme);
  /// Where this worker takes visitors now, one for each listen(). They stay its own.
  std::vector<ListeningSocket> listening();
  /// No new visitors. Those who are here leave after an answer, each from a moment of its own
  /// within `over` on.
  void drain(std::chrono::milliseconds over);
  /// Ends all visits and fetches; returns at once. Once.
  void close();
  /// After close(), of all workers: a fill on one may wait for a reader on another.
  void join();

  /// What it takes on no more. Any thread.
  Overload::Shed shed() const { return context_->overload.shed(); }
  const Counters& counters() const { return counters_; }
  std::uint64_t open_connections() const {
    return counters_.connections_accepted.value() - counters_.connections_closed.value();
  }

 private:
  Worker(unsigned index, const WorkerShared& shared);
  void measure_load(Instant now);

  LoopThread thread_;
  EdgeSlot slot_;
  Counters counters_;
  OriginGate gate_;
  IdleConnections idle_;
  std::unique_ptr<Resolver> resolver_;
  std::unique_ptr<Http2Origins> http2_origins_;
  Connections connections_;
  std::unique_ptr<WorkerContext> context_;
  std::unique_ptr<FrontDoor> door_;
  TlsContext front_;
  TicketKeyring tickets_;
  const WorkerShared& shared_;
  unsigned index_;
  Instant last_tick_ = Instant::max();
  struct Listening {
    ListenerPtr listener;
    Scheme scheme;
  };
  std::vector<Listening> listeners_;  // on the worker's thread
};

}  // namespace meridian::edge
