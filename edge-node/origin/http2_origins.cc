#include "edge-node/origin/http2_origins.h"

#include <algorithm>
#include <utility>

namespace meridian::edge {

void Http2Origins::OfOrigin::forget_lost() {
  std::erase_if(connections, [](const auto& connection) {
    if (connection->is_lost()) connection->watch(nullptr);
    return connection->is_lost();
  });
}

std::unique_ptr<OriginExchange> Http2Origins::OfOrigin::open() {
  for (const auto& connection : connections)
    if (connection->has_room()) return connection->open(tls);
  return nullptr;
}

bool Http2Origins::OfOrigin::may_connect() const {
  const auto is_new = [](const auto& connection) { return connection->is_new(); };
  if (std::any_of(connections.begin(), connections.end(), is_new)) return false;
  const auto in_use = std::count_if(connections.begin(), connections.end(),
                                    [](const auto& connection) { return !connection->is_over(); });
  return !connecting && static_cast<std::size_t>(in_use) < kMaxConnections;
}

void Http2Origins::OfOrigin::serve() {
  while (!waiting.empty()) {
    Waiter& first = *waiting.front();
    first.exchange = open();
    if (!first.exchange) {
      if (!may_connect()) return;
      first.connects = connecting = true;
    }
    waiting.pop_front();
    first.told.give();
  }
}

void Http2Origins::OfOrigin::fail(ConnectError error) {
  for (Waiter* waiter : std::exchange(waiting, {})) {
    waiter->error = error;
    waiter->told.give();
  }
}

void Http2Origins::OfOrigin::give_up_one() {
  forget_lost();
  Http2OriginConnection* least = nullptr;
  for (const auto& connection : connections) {
    if (connection->is_over() && connection->holds_place()) return;  // it is free soon
    if (connection->is_over()) continue;
    if (!least || connection->exchanges() < least->exchanges()) least = connection.get();
  }
  if (least) least->retire();
}

bool Http2Origins::OfOrigin::may_leave() const {
  const auto leaving =
      std::count_if(connections.begin(), connections.end(),
                    [](const auto& connection) { return connection->is_leaving(); });
  return static_cast<std::size_t>(leaving) < kMostLeaving;
}

void Http2Origins::OfOrigin::leave_places() {
  auto free = static_cast<std::size_t>(
      std::count_if(connections.begin(), connections.end(),
                    [](const auto& connection) { return !connection->holds_place(); }));
  for (const auto& connection : connections) {
    if (!connection->is_leaving() || !connection->holds_place() || free == kMostLeaving) continue;
    connection->leave_place();
    ++free;
  }
}

void Http2Origins::OfOrigin::on_change() {
  leave_places();
  const Turnstile& places = origin->connections;
  if (places.waits_on(gate.worker()))
    gate.serve(origin, &Origin::connections);
  else if (places.anybody_waits())
    give_up_one();
  serve();
}

Http2Origins::OfOriginPtr Http2Origins::find(const OriginPool& pool, const OriginPtr& origin) {
  auto& of = origins_[origin];
  if (!of) of = std::make_shared<OfOrigin>(gate_, origin);
  of->tls = pool.tls != nullptr;
  of->idle_timeout = pool.idle_timeout;
  of->forget_lost();
  return of;
}

asio::awaitable<Http2Origins::Opened> Http2Origins::open(const OriginPool& pool, OriginPtr origin,
                                                         Instant deadline) {
  const auto begin = Clock::now();
  const OfOriginPtr of = find(pool, origin);  // sweep() may let it go during the wait
  if (of->waiting.empty())
    if (auto exchange = of->open()) co_return Opened{std::move(exchange)};
  if (of->may_connect()) {
    of->connecting = true;
    co_return co_await connect(pool, of, begin, deadline);
  }
  if (!origin->connections.try_queue(pool.breaker.max_pending)) co_return Opened{};
  Waiter waiter(loop_);
  of->waiting.push_back(&waiter);
  const bool told = co_await waiter.told.wait(deadline);
  origin->connections.leave_queue();
  std::erase(of->waiting, &waiter);
  if (!told && of->connecting) waiter.error = ConnectError::timed_out;
  if (waiter.connects) co_return co_await connect(pool, of, begin, deadline);
  co_return Opened{std::move(waiter.exchange), waiter.error};
}

/// With `of->connecting` set for it, which also keeps `of` among the others.
asio::awaitable<Http2Origins::Opened> Http2Origins::connect(const OriginPool& pool, OfOriginPtr of,
                                                            Instant begin, Instant deadline) {
  const OriginPtr origin = of->origin;
  const auto most = pool.breaker.max_connections;
  Opened opened;
  Admission place = gate_.try_enter(origin, &Origin::connections, most);
  if (!place) {
    const std::function<bool()> enter_now = [&] {
      opened.exchange = of->open();  // one of this worker's own may have got room
      if (opened.exchange) return true;
      if (!origin->connections.try_enter(most)) return false;
      place = Admission(gate_.all(), origin, &Origin::connections);
      return true;
    };
    (void)co_await gate_.wait(origin, &Origin::connections, pool.breaker.max_pending, deadline,
                              enter_now);
  }
  if (!place) {
    of->connecting = false;
    of->serve();
    co_return opened;
  }
  if (Clock::now() >= deadline) {
    of->connecting = false;
    opened.error = ConnectError::timed_out;
    of->serve();
    co_return opened;
  }
  opened.connected = true;
  const auto now = Clock::now();
  const bool hurried = deadline < now + pool.connect_timeout;
  auto made =
      co_await connect_origin(loop_, resolver_, pool, *origin, OriginProtocol::http2, deadline);
  of->connecting = false;
  if (!made.stream) {
    opened.error = made.error;
    place.leave();
    if (hurried && Clock::now() >= deadline) {
      opened.connected = has_fair_time(begin, now, deadline, pool.connect_timeout);
      of->serve();  // others have more time
    } else {
      of->fail(made.error);
    }
    co_return opened;
  }
  auto connection =
      Http2OriginConnection::start(loop_, std::move(made.stream), pool.between_bytes_timeout);
  connection->hold(std::move(place));
  connection->watch(of.get());
  of->connections.push_back(connection);
  opened.exchange = connection->open(of->tls);
  of->serve();
  co_return opened;
}

void Http2Origins::give_up_one(const OriginPtr& origin) {
  const auto found = origins_.find(origin);
  if (found != origins_.end()) found->second->give_up_one();
}

void Http2Origins::sweep(Instant now) {
  for (auto& [origin, of] : origins_) {
    for (const auto& connection : of->connections)
      if (connection->exchanges() == 0 && now - connection->idle_since() > of->idle_timeout)
        connection->retire();
    of->forget_lost();
  }
  std::erase_if(origins_, [](const auto& item) {
    const OfOrigin& of = *item.second;
    return of.connections.empty() && of.waiting.empty() && !of.connecting;
  });
}

void Http2Origins::clear() {
  for (auto& [origin, of] : origins_)
    for (const auto& connection : of->connections) {
      connection->watch(nullptr);
      connection->retire();
    }
  origins_.clear();
}

}  // namespace meridian::edge
