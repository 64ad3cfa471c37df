#include "edge-node/io/worker.h"

#include <algorithm>
#include <future>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <unistd.h>

namespace meridian::edge {
namespace {

/// Another process may hold the socket, too: it must leave our poller before it is closed here.
void close_listener(const ListenerPtr& listener) {
  if (listener->is_open()) ::close(listener->release());
}

}  // namespace

Worker::Worker(unsigned index, const WorkerShared& shared)
    : slot_(std::make_shared<const Snapshot>()),
      gate_(index, thread_.context(), shared.gates),
      idle_(shared.workers, gate_),
      connections_(shared.visitors),
      shared_(shared),
      index_(index) {}

Result<std::unique_ptr<Worker>> Worker::start(unsigned index, const WorkerShared& shared) {
  std::unique_ptr<Worker> worker(new Worker(index, shared));
  auto resolver = Resolver::create(worker->thread_.loop());
  if (!resolver) return resolver.error();
  worker->resolver_ = std::move(*resolver);
  auto front = make_front_context();
  if (!front) return front.error();
  worker->front_ = std::move(*front);
  worker->http2_origins_ =
      std::make_unique<Http2Origins>(worker->thread_.loop(), *worker->resolver_, worker->gate_);
  worker->gate_.on_give_up_idle = [w = worker.get()](const OriginPtr& origin) {
    w->idle_.drop_one(origin);
    w->http2_origins_->give_up_one(origin);
  };
  worker->context_ =
      std::unique_ptr<WorkerContext>(new WorkerContext{.index = index,
                                                       .loop = worker->thread_.loop(),
                                                       .slot = worker->slot_,
                                                       .cache = shared.cache,
                                                       .disk = shared.disk,
                                                       .idle = worker->idle_,
                                                       .gate = worker->gate_,
                                                       .http2_origins = *worker->http2_origins_,
                                                       .resolver = *worker->resolver_,
                                                       .counters = worker->counters_,
                                                       .access_log = shared.access_log,
                                                       .draining = shared.draining,
                                                       .handed_over = shared.handed_over,
                                                       .purges = shared.purges,
                                                       .refills = shared.refills,
                                                       .rate_limits = shared.rate_limits,
                                                       .client_counts = shared.client_counts,
                                                       .overload = Overload(shared.overload)});
  worker->door_ = std::unique_ptr<FrontDoor>(new FrontDoor{.worker = *worker->context_,
                                                           .connections = worker->connections_,
                                                           .visitors = shared.visitors,
                                                           .proxies = shared.proxies,
                                                           .front = *worker->front_,
                                                           .tickets = worker->tickets_,
                                                           .peers = shared.peers});
  shared.gates.add(worker->thread_.context(), worker->gate_);
  worker->thread_.start([w = worker.get()](Instant now) {
    w->resolver_->tick();
    w->idle_.sweep(now);
    w->connections_.let_go(now);
    make_room(*w->door_);
    w->http2_origins_->sweep(now);
    w->measure_load(now);
  });
  return worker;
}

Worker::~Worker() = default;

void Worker::measure_load(Instant now) {
  const auto lag = std::max(now - last_tick_, Instant::duration(DeadlineWheel::kTick));
  last_tick_ = now;
  context_->overload.measure(lag - DeadlineWheel::kTick, context_->fetches, now);
}

void Worker::install(std::shared_ptr<const Snapshot> snapshot) {
  std::promise<EdgeSlot::Pointer> old;
  auto installed = old.get_future();
  asio::post(thread_.context(), [&] { old.set_value(slot_.swap(std::move(snapshot))); });
  (void)installed.get();
}

void Worker::install(std::shared_ptr<const ClientPlaces> places) {
  std::promise<std::shared_ptr<const ClientPlaces>> old;
  auto installed = old.get_future();
  asio::post(thread_.context(),
             [&] { old.set_value(std::exchange(context_->places, std::move(places))); });
  (void)installed.get();
}

Result<void> Worker::listen(BoundSocket socket, Scheme scheme) {
  if (auto listening = socket.listen(); !listening) return listening.error();
  asio::post(thread_.context(), [this, fd = socket.release(), scheme] {
    auto listener = std::make_shared<asio::posix::stream_descriptor>(thread_.context(), fd);
    listeners_.push_back({listener, scheme});
    asio::co_spawn(thread_.context(), accept_visitors(*door_, listener, scheme), asio::detached);
  });
  return boost::system::in_place_value;
}

std::vector<ListeningSocket> Worker::listening() {
  std::promise<std::vector<ListeningSocket>> sockets;
  auto got = sockets.get_future();
  asio::post(thread_.context(), [&] {
    std::vector<ListeningSocket> all;
    for (const auto& one : listeners_) all.push_back({one.listener->native_handle(), one.scheme});
    sockets.set_value(std::move(all));
  });
  return got.get();
}

void Worker::drain(std::chrono::milliseconds over) {
  asio::post(thread_.context(), [this, over] {
    // Who has connected already is served.
    for (const auto& one : listeners_) {
      accept_all(*door_, one.listener->native_handle(), one.scheme);
      close_listener(one.listener);
    }
    listeners_.clear();
    connections_.drain(Clock::now(), over, context_->random);
  });
}

void Worker::close() {
  thread_.close([this] {
    for (const auto& one : listeners_) close_listener(one.listener);
    listeners_.clear();
    gate_.close();
    if (resolver_) resolver_->close();
  });
}

void Worker::join() {
  thread_.join();
  http2_origins_.reset();
  idle_.clear();  // while its loop is still there
}

}  // namespace meridian::edge
