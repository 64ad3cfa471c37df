#pragma once

#include <cstddef>
#include <list>
#include <memory>
#include <unordered_map>
#include <vector>

#include "edge-node/origin/connect.h"
#include "edge-node/origin/http2_connection.h"

namespace meridian::edge {

/// One worker's connections to origins that speak HTTP/2: few, each shared by many exchanges.
class Http2Origins final : private Http2OriginConnection::Watcher {
 public:
  /// To one origin. Beyond, requests wait for room.
  static constexpr std::size_t kMaxConnections = 8;

  Http2Origins(const Loop& loop, Resolver& resolver, OriginGates& gates)
      : loop_(loop), resolver_(resolver), gates_(gates) {}
  ~Http2Origins() { clear(); }

  struct Opened {
    std::unique_ptr<OriginExchange> exchange;  // null: see `error`
    ConnectError error = ConnectError::none;   // timed_out: no room before the deadline
    bool connected = false;                    // a new connection was made for it, or tried
  };
  /// An exchange on a connection that has room, or on a new one. `pool` outlives the call.
  asio::awaitable<Opened> open(const OriginPool& pool, std::shared_ptr<Origin> origin,
                               Instant deadline);
  /// Lets go what was idle for too long, or is over.
  void sweep(Instant now);
  void clear();

 private:
  struct OfOrigin {
    std::vector<std::shared_ptr<Http2OriginConnection>> connections;
    bool connecting = false;
    std::chrono::milliseconds idle_timeout{60'000};
  };
  void on_change() override;

  Loop loop_;
  Resolver& resolver_;
  OriginGates& gates_;
  std::unordered_map<std::shared_ptr<Origin>, OfOrigin> origins_;
  std::list<Notice*> waiting_;  // for a change
};

}  // namespace meridian::edge
