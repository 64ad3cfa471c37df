#include "dns-steer/io/worker.h"

#include <list>
#include <random>
#include <thread>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include "dns-steer/io/tcp_session.h"
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
  State(std::vector<ListenSockets> sockets, std::shared_ptr<const Serving> first,
        std::span<WorkerCounters> counters)
      : slot_(first), tcp_{slot_, state_, counters.front()} {
    for (std::size_t i = 0; i < sockets.size(); ++i) {
      auto& pair = sockets[i];
      udp_.emplace_back(pair.endpoint, std::move(pair.udp), first, random_seed(), counters[i + 1]);
      accept_tcp(context_, pair.endpoint, std::move(pair.tcp), tcp_);
    }
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

 private:
  ServingSlot slot_;
  WorkerState state_{random_seed()};
  TcpShared tcp_;
  boost::asio::io_context context_{1};
  std::list<UdpWorker> udp_;
  std::thread thread_;
};

Worker::Worker(std::vector<ListenSockets> sockets, std::shared_ptr<const Serving> first,
               std::span<WorkerCounters> counters)
    : state_(std::make_unique<State>(std::move(sockets), std::move(first), counters)) {}
Worker::~Worker() = default;
void Worker::serve(std::shared_ptr<const Serving> next) { state_->serve(next); }

}  // namespace meridian::dns
