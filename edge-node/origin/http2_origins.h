#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <deque>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include "edge-node/origin/connect.h"
#include "edge-node/origin/http2_connection.h"

namespace meridian::edge {

/// One worker's connections to origins that speak HTTP/2: few, each shared by many exchanges. Each
/// counts as one at the origin's breaker, but for those that an origin has said goodbye on: what
/// still streams there must not keep others from coming by the connection that takes their place.
class Http2Origins final {
 public:
  /// To one origin. Beyond, requests wait for room.
  static constexpr std::size_t kMaxConnections = 8;
  /// Of these that an origin has said goodbye on, so many count no more.
  static constexpr std::size_t kMostLeaving = 8;

  Http2Origins(const Loop& loop, Resolver& resolver, OriginGate& gate)
      : loop_(loop), resolver_(resolver), gate_(gate) {}
  ~Http2Origins() { clear(); }

  struct Opened {
    std::unique_ptr<OriginExchange> exchange;  // null: see `error`
    ConnectError error = ConnectError::none;   // none: no room before the deadline, or no place
                                               // to wait for it
    // A new connection was made for it, or tried; not where that had no time left, because of a
    // wait: no fault of the origin.
    bool connected = false;
  };
  /// An exchange on a connection that has room, or on a new one. Who waits while one is made gets
  /// its error, too. `pool` outlives the call.
  asio::awaitable<Opened> open(const OriginPool& pool, OriginPtr origin, Instant deadline);
  /// Of who came at `begin`, and has until `deadline`: to make a connection from `now` on, it has
  /// at least half of the time that it would have had at once. Pure.
  static bool has_fair_time(Instant begin, Instant now, Instant deadline,
                            std::chrono::milliseconds connect_timeout) {
    const auto at_once = std::min<Instant::duration>(connect_timeout, deadline - begin);
    return deadline - now >= at_once / 2;
  }
  /// One connection to `origin` takes no more exchanges: another worker waits for its place.
  void give_up_one(const OriginPtr& origin);
  /// Lets go what was idle for too long, or is over.
  void sweep(Instant now);
  void clear();

 private:
  /// A request that waits for room, or for its turn to make a connection.
  struct Waiter {
    explicit Waiter(const Loop& loop) : told(loop) {}
    Notice told;
    std::unique_ptr<OriginExchange> exchange;
    ConnectError error = ConnectError::none;
    bool connects = false;  // it is its turn
  };
  struct OfOrigin final : Http2OriginConnection::Watcher {
    OfOrigin(OriginGate& g, OriginPtr o) : gate(g), origin(std::move(o)) {}
    void on_change() override;
    bool may_leave() const override;
    std::unique_ptr<OriginExchange> open();
    bool may_connect() const;
    /// Gives what room there is to those who wait.
    void serve();
    void fail(ConnectError error);
    void give_up_one();
    void forget_lost();
    void leave_places();

    OriginGate& gate;
    OriginPtr origin;
    std::vector<std::shared_ptr<Http2OriginConnection>> connections;
    std::deque<Waiter*> waiting;
    bool tls = false;
    bool connecting = false;  // somebody makes one, or waits for a place among all connections
    std::chrono::milliseconds idle_timeout{60'000};
  };

  using OfOriginPtr = std::shared_ptr<OfOrigin>;
  OfOriginPtr find(const OriginPool& pool, const OriginPtr& origin);
  /// For who came at `begin`.
  asio::awaitable<Opened> connect(const OriginPool& pool, OfOriginPtr of, Instant begin,
                                  Instant deadline);

  Loop loop_;
  Resolver& resolver_;
  OriginGate& gate_;
  std::unordered_map<OriginPtr, OfOriginPtr> origins_;
};

}  // namespace meridian::edge
