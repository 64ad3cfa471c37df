#pragma once

#include <memory>
#include <optional>
#include <string_view>

#include <boost/asio/awaitable.hpp>

#include "edge-node/io/front_door.h"
#include "edge-node/io/http1_connection.h"
#include "edge-node/protect/limits.h"

namespace meridian::edge {

/// A visitor's connection from the first byte to the last: who it is, its TLS, and then HTTP. A
/// coroutine serves it while there is something to do; one that is idle in HTTP/1.x is this object
/// and nothing else, since idle connections are many. Owned by that coroutine, or, while there is
/// none, by its stream's wait for input. One thread.
class VisitorConnection final : private Http1Connection::Waker, private Connections::Visit {
 public:
  /// Takes `socket`, which must be non-blocking. `held`: its place among its client's, if that is
  /// known. `door` outlives it.
  static void begin(FrontDoor& door, int socket, const IpAddress& client, ClientCounts::Held held,
                    Scheme scheme);
  VisitorConnection(const VisitorConnection&) = delete;
  VisitorConnection& operator=(const VisitorConnection&) = delete;

 private:
  friend struct std::default_delete<VisitorConnection>;
  VisitorConnection(FrontDoor& door, int socket, const IpAddress& client, ClientCounts::Held held,
                    Scheme scheme);
  ~VisitorConnection();

  static asio::awaitable<void> welcome(std::unique_ptr<VisitorConnection> self);
  static asio::awaitable<void> serve_http1(std::unique_ptr<VisitorConnection> self);
  asio::awaitable<void> serve_http2(std::string_view early);
  asio::awaitable<bool> identify(Instant deadline);
  asio::awaitable<bool> shake_hands(Instant deadline);
  bool recognise();
  void note_flood();
  // Http1Connection::Waker.
  void wake() override;
  // Connections::Visit, before it speaks HTTP: a request is not under way then.
  std::optional<Instant> idle_since() const override { return begun_; }
  void on_drain(Instant) override {}
  void on_send_away() override { stream_.cancel(); }

  FrontDoor& door_;
  ClientCounts::Held held_;
  // Those of its beginning, for as long as the connection lasts.
  const std::shared_ptr<const VisitorLimits> limits_;
  Stream stream_;
  Connections::Member member_;
  const Instant begun_ = Clock::now();
  Visitor visitor_;
  std::optional<Http1Connection> http1_;
};

}  // namespace meridian::edge
