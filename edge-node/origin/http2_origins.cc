#include "edge-node/origin/http2_origins.h"

#include <utility>

namespace meridian::edge {

asio::awaitable<Http2Origins::Opened> Http2Origins::open(const OriginPool& pool,
                                                         std::shared_ptr<Origin> origin,
                                                         Instant deadline) {
  for (;;) {
    auto& of_origin = origins_[origin];
    std::erase_if(of_origin.connections, [](const auto& connection) {
      if (connection->is_over()) connection->watch(nullptr);
      return connection->is_over();
    });
    for (const auto& connection : of_origin.connections)
      if (connection->has_room()) co_return Opened{connection->open(pool.tls != nullptr)};
    of_origin.idle_timeout = pool.idle_timeout;
    if (!of_origin.connecting && of_origin.connections.size() < kMaxConnections &&
        origin->connections.try_enter(pool.breaker.max_connections)) {
      Admission place(gates_, origin, &Origin::connections);
      of_origin.connecting = true;
      auto made =
          co_await connect_origin(loop_, resolver_, pool, *origin, OriginProtocol::http2, deadline);
      auto& again = origins_[origin];  // the table may have changed meanwhile
      again.connecting = false;
      if (!made.stream) {
        on_change();
        co_return Opened{nullptr, made.error, true};
      }
      auto connection =
          Http2OriginConnection::start(loop_, std::move(made.stream), pool.between_bytes_timeout);
      connection->hold(std::move(place));
      connection->watch(this);
      again.connections.push_back(connection);
      auto exchange = connection->open(pool.tls != nullptr);
      on_change();
      co_return Opened{std::move(exchange), ConnectError::none, true};
    }
    Notice notice(loop_);
    const auto place = waiting_.insert(waiting_.end(), &notice);
    const bool changed = co_await notice.wait(deadline);
    waiting_.erase(place);
    if (!changed) co_return Opened{nullptr, ConnectError::timed_out};
  }
}

void Http2Origins::on_change() {
  for (Notice* notice : waiting_) notice->give();
}

void Http2Origins::sweep(Instant now) {
  for (auto& [origin, of_origin] : origins_) {
    std::erase_if(of_origin.connections, [&](const auto& connection) {
      const bool idle =
          connection->exchanges() == 0 && now - connection->idle_since() > of_origin.idle_timeout;
      if (!idle && !connection->is_over()) return false;
      connection->watch(nullptr);
      connection->retire();
      return true;
    });
  }
  std::erase_if(origins_, [](const auto& item) {
    return item.second.connections.empty() && !item.second.connecting;
  });
}

void Http2Origins::clear() {
  for (auto& [origin, of_origin] : origins_)
    for (const auto& connection : of_origin.connections) {
      connection->watch(nullptr);
      connection->retire();
    }
  origins_.clear();
}

}  // namespace meridian::edge
