#include "dns-steer/io/worker.h"

#include <list>
#include <random>
#include <thread>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include "dns-steer/io/stream_acceptor.h"
#include "dns-steer/io/udp_worker.h"

namespace meridian::dns {

namespace {

std::uint64_t random_seed() {
  std::random_device random;
  return std::uint64_t{random()} << 32 | random();
}

}  // namespace

class Worker::State {
 public:
  State(WorkerSockets sockets, Streams& streams, TlsContextPtr tls,
        std::shared_ptr<const Serving> first, std::span<WorkerCounters> counters)
      : slot_(first), tls_(std::move(tls)), shared_{slot_,
                                                    state_,
                                                    counters.front(),
                                                    streams.table,
                                                    streams.limits,
                                                    streams.open_source} {
    for (std::size_t i = 0; i < sockets.plain.size(); ++i) {
      auto& pair = sockets.plain[i];
      udp_.emplace_back(pair.endpoint, std::move(pair.udp), first, random_seed(), counters[i + 1]);
      acceptors_.emplace_back(context_, pair.endpoint, std::move(pair.tcp), nullptr, shared_)
          .start();
    }
    for (auto& socket : sockets.tls)
      acceptors_.emplace_back(context_, socket.endpoint, std::move(socket.tcp), &tls_, shared_)
          .start();
    thread_ = std::thread([this] { context_.run(); });
  }

  ~State() {
    context_.stop();
    thread_.join();
  }

  void serve(const std::shared_ptr<const Serving>& next) {
    for (auto& udp : udp_) udp.serve(next);
    boost::asio::post(context_, [this, next]() mutable {
      // The publisher holds on to what is swapped out, and frees it on its own thread.
      (void)slot_.swap(std::move(next));
    });
  }

  void use(TlsContextPtr tls) {
    boost::asio::post(context_, [this, tls = std::move(tls)]() mutable { tls_ = std::move(tls); });
  }

 private:
  SnapshotSlot<Serving> slot_;
  WorkerState state_{random_seed()};
  TlsContextPtr tls_;
  StreamShared shared_;
  boost::asio::io_context context_{1};
  std::list<StreamAcceptor> acceptors_;
  std::list<UdpWorker> udp_;
  std::thread thread_;
};

Worker::Worker(WorkerSockets sockets, Streams& streams, TlsContextPtr tls,
               std::shared_ptr<const Serving> first, std::span<WorkerCounters> counters)
    : state_(std::make_unique<State>(std::move(sockets), streams, std::move(tls), std::move(first),
                                     counters)) {}
Worker::~Worker() = default;
void Worker::serve(std::shared_ptr<const Serving> next) { state_->serve(next); }
void Worker::use(TlsContextPtr tls) { state_->use(std::move(tls)); }

}  // namespace meridian::dns
