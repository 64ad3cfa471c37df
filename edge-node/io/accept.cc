#include "edge-node/io/accept.h"

#include <algorithm>
#include <cerrno>
#include <optional>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <sys/socket.h>
#include <unistd.h>

#include "common/tls/edge_server_name.h"
#include "edge-node/io/http1_connection.h"
#include "edge-node/io/http2_connection.h"
#include "edge-node/net/socket_address.h"

// GCC 12 mistakes the allocation of coroutines' frames for a mismatch where it inlines them.
#pragma GCC diagnostic ignored "-Wmismatched-new-delete"

namespace meridian::edge {
namespace {

constexpr int kMaxAccepts = 64;  // in a row, before others get their turn
/// When the process is out of descriptors: until some may have been closed.
constexpr std::chrono::milliseconds kBreather{100};

/// The site that a server name belongs to; for other edges this one itself.
class Host final : public TlsHost {
 public:
  explicit Host(FrontDoor& door)
      : snapshot_(door.worker.slot.hold()), peers_(door.peers), tickets_(door.tickets) {
    if (snapshot_->tls.tickets) tickets_.use(snapshot_->tls.ticket_secrets, WallClock::now());
  }
  SSL_CTX* choose(std::string_view server_name) override {
    if (server_name == tls::kEdgeServerName) {
      own_ = peers_.server();
      return own_.get();
    }
    const Site* site = snapshot_->find_session_site(server_name);
    return site ? site->tls.get() : nullptr;
  }
  TicketKeyring* tickets() override { return snapshot_->tls.tickets ? &tickets_ : nullptr; }
  bool allows_tls12() const override { return snapshot_->tls.allows_tls12; }

 private:
  std::shared_ptr<const Snapshot> snapshot_;
  const PeerIdentity& peers_;
  TicketKeyring& tickets_;
  TlsContext own_;
};

asio::awaitable<bool> shake_hands(FrontDoor& door, Stream& stream, Instant deadline) {
  auto& counters = door.worker.counters;
  Host host(door);
  auto session = accept_visitor(door.front, host);
  const auto outcome = co_await stream.handshake(std::move(session), deadline);
  (outcome == Io::ok ? counters.handshakes : counters.handshake_failures).add();
  co_return outcome == Io::ok;
}

/// What TLS says of the visitor. False: it claims to be an edge, and is none.
bool recognise(FrontDoor& door, const TlsSession& session, Visitor& visitor) {
  visitor.server_name = session.server_name();
  if (visitor.server_name != tls::kEdgeServerName) {
    visitor.certificate = visitor_certificate(session);
    return true;
  }
  visitor.peer = !door.peers.edge_of(session).empty();
  if (!visitor.peer) door.worker.counters.peers_refused.add();
  return visitor.peer;
}

/// The connection's place among those of its client. No value: there are as many as there may be.
std::optional<ClientCounts::Held> count_client(FrontDoor& door, const IpAddress& client) {
  const auto& bound = door.worker.slot.current().limits->client_connections;
  if (!bound) return ClientCounts::Held();
  auto held = door.worker.client_counts.take(*bound, client);
  if (!held) door.worker.counters.client_connections_refused.add();
  return held;
}

/// Whom a connection comes from; from a trusted proxy it says so itself, and is counted then.
/// False: it does not, or its client has enough of them.
asio::awaitable<bool> identify(FrontDoor& door, Stream& stream, IpAddress& client,
                               ClientCounts::Held& held, Instant deadline) {
  if (!is_trusted(door.proxies, client)) co_return true;
  const bool said = co_await read_proxy_header(stream, client, deadline);
  if (!said) {
    door.worker.counters.proxy_headers_refused.add();
    co_return false;
  }
  auto counted = count_client(door, client);
  if (counted) held = std::move(*counted);
  co_return counted.has_value();
}

/// Streams of HTTP/2 at a time, as the site says that the session is made for; 0: it says nothing.
std::uint32_t streams_of(const FrontDoor& door, const Visitor& visitor) {
  if (!visitor.tls || visitor.peer) return 0;
  const Site* site = door.worker.slot.current().find_session_site(visitor.server_name);
  return site ? site->limits.concurrent_streams : 0;
}

// Each in a frame of its own, for as long as it lasts: idle connections are many.

/// HTTP/1.x. What came of HTTP/2, which the visitor turns out to speak; no value: it does not.
asio::awaitable<std::optional<std::string>> serve_http1(FrontDoor& door, Stream& stream,
                                                        Connections::Member& member,
                                                        const Visitor& visitor,
                                                        const VisitorLimits& limits) {
  Http1Connection connection(stream, member, visitor, door.worker, limits);
  co_await connection.serve();
  if (!connection.is_http2()) co_return std::nullopt;
  co_return std::string(connection.unread());
}

asio::awaitable<void> serve_http2(FrontDoor& door, Stream& stream, Connections::Member& member,
                                  const Visitor& visitor, const VisitorLimits& limits,
                                  std::string_view early) {
  Http2Connection connection(stream, member, visitor, door.worker, limits,
                             streams_of(door, visitor));
  co_await connection.serve(early);
}

asio::awaitable<void> serve_visitor(FrontDoor& door, int socket, IpAddress client,
                                    ClientCounts::Held held, Scheme scheme) {
  auto& counters = door.worker.counters;
  counters.connections_accepted.add();
  // Those of its beginning, for as long as the connection lasts.
  const std::shared_ptr<const VisitorLimits> limits = door.worker.slot.hold()->limits;
  {
    Stream stream(door.worker.loop, socket);
    Connections::Member member(door.connections);
    Visitor visitor{.client = client, .tls = scheme == Scheme::https, .server_name = {}};
    bool ready =
        co_await identify(door, stream, visitor.client, held, Clock::now() + limits->handshake);
    if (ready && visitor.tls)
      ready = co_await shake_hands(door, stream, Clock::now() + limits->handshake);
    if (ready && visitor.tls) ready = recognise(door, *stream.tls(), visitor);
    if (visitor.peer) held = {};       // its visitors have been counted where they are
    std::optional<std::string> early;  // of HTTP/2
    if (ready && stream.tls() && stream.tls()->protocol() == "h2")
      early.emplace();
    else if (ready)
      early = co_await serve_http1(door, stream, member, visitor, *limits);
    if (early) co_await serve_http2(door, stream, member, visitor, *limits, *early);
  }
  door.visitors.here.fetch_sub(1, std::memory_order_relaxed);
  counters.connections_closed.add();
}

/// How many connections there are, of how many there may be.
struct Crowd {
  std::size_t here, sent_away, most;
};

Crowd crowd_at(const FrontDoor& door) {
  const auto& limits = *door.worker.slot.current().limits;
  if (!limits.all_connections)
    return {door.connections.size(), door.connections.sent_away(), limits.connections};
  return {door.visitors.here.load(std::memory_order_relaxed),
          door.visitors.sent_away.load(std::memory_order_relaxed), *limits.all_connections};
}

bool is_full(const FrontDoor& door) {
  const Crowd crowd = crowd_at(door);
  return crowd.here >= crowd.most;
}

/// Before anything is spent on it. No value: refused.
std::optional<ClientCounts::Held> admit(FrontDoor& door, const IpAddress& from) {
  if (is_full(door)) {
    door.worker.counters.connections_refused.add();
    return std::nullopt;
  }
  if (door.worker.overload.sheds_connections()) {
    door.worker.counters.connections_shed.add();
    return std::nullopt;
  }
  return is_trusted(door.proxies, from) ? ClientCounts::Held() : count_client(door, from);
}

/// False: out of descriptors or memory.
bool accept_waiting(FrontDoor& door, int listener, Scheme scheme) {
  make_room(door);
  for (int i = 0; i < kMaxAccepts; ++i) {
    sockaddr_storage peer{};
    socklen_t size = sizeof peer;
    auto& address = reinterpret_cast<sockaddr&>(peer);
    const int socket = ::accept4(listener, &address, &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (socket < 0)
      return errno != EMFILE && errno != ENFILE && errno != ENOBUFS && errno != ENOMEM;
    const auto endpoint = to_endpoint(address);
    auto held = endpoint ? admit(door, endpoint->address) : std::nullopt;
    if (!held) {
      ::close(socket);
      continue;
    }
    door.visitors.here.fetch_add(1, std::memory_order_relaxed);
    asio::co_spawn(door.worker.loop.context,
                   serve_visitor(door, socket, endpoint->address, std::move(*held), scheme),
                   asio::detached);
  }
  return true;
}

}  // namespace

void make_room(FrontDoor& door) {
  const Crowd crowd = crowd_at(door);
  const auto lacking = lacking_room(crowd.here - std::min(crowd.here, crowd.sent_away), crowd.most);
  if (lacking == 0) return;
  // Other workers find their part of it.
  const auto own = door.connections.size() - door.connections.sent_away();
  const auto share = (lacking * own + crowd.here - 1) / crowd.here;
  const auto before = Clock::now() - door.worker.slot.current().limits->idle_kept;
  door.worker.counters.connections_sent_away.add(door.connections.send_away(share, before));
}

void accept_all(FrontDoor& door, int listener, Scheme scheme) {
  (void)accept_waiting(door, listener, scheme);
}

asio::awaitable<void> accept_visitors(FrontDoor& door, ListenerPtr listener, Scheme scheme) {
  while (listener->is_open()) {
    boost::system::error_code error;
    co_await listener->async_wait(asio::posix::descriptor_base::wait_read,
                                  asio::redirect_error(asio::use_awaitable, error));
    if (error || !listener->is_open()) co_return;
    if (!accept_waiting(door, listener->native_handle(), scheme))
      co_await sleep_until(door.worker.loop, Clock::now() + kBreather);
  }
}

}  // namespace meridian::edge
