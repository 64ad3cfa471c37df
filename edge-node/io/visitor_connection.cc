#include "edge-node/io/visitor_connection.h"

#include <string>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include "common/tls/edge_server_name.h"
#include "edge-node/io/http2_connection.h"
#include "edge-node/request/refusal.h"

// GCC 12 mistakes the allocation of coroutines' frames for a mismatch where it inlines them.
#pragma GCC diagnostic ignored "-Wmismatched-new-delete"

namespace meridian::edge {
namespace {

/// The site that a server name belongs to; for other edges this one itself.
class Host final : public TlsHost {
 public:
  explicit Host(FrontDoor& door)
      : snapshot_(door.worker.slot.hold()), peers_(door.peers), tickets_(door.tickets) {
    if (snapshot_->tls.tickets) tickets_.use(snapshot_->tls.ticket_secrets, WallClock::now());
  }
  SSL_CTX* choose(std::string_view server_name) override {
    server_name_ = server_name;
    if (server_name == tls::kEdgeServerName) {
      own_ = peers_.server();
      return own_.get();
    }
    const Site* site = snapshot_->find_session_site(server_name);
    return site ? site->tls.get() : nullptr;
  }
  const std::string& server_name() const { return server_name_; }
  TicketKeyring* tickets() override { return snapshot_->tls.tickets ? &tickets_ : nullptr; }
  bool allows_tls12() const override { return snapshot_->tls.allows_tls12; }

 private:
  std::shared_ptr<const Snapshot> snapshot_;
  const PeerIdentity& peers_;
  TicketKeyring& tickets_;
  TlsContext own_;
  std::string server_name_;
};

/// Streams of HTTP/2 at a time, as the site says that the session is made for; 0: it says nothing.
std::uint32_t streams_of(const FrontDoor& door, const Visitor& visitor) {
  if (!visitor.tls || visitor.peer) return 0;
  const Site* site = door.worker.slot.current().find_session_site(visitor.server_name);
  return site ? site->limits.concurrent_streams : 0;
}

}  // namespace

VisitorConnection::VisitorConnection(FrontDoor& door, int socket, const IpAddress& client,
                                     ClientCounts::Held held, Scheme scheme)
    : door_(door),
      held_(std::move(held)),
      limits_(door.worker.slot.hold()->limits),
      stream_(door.worker.loop, socket),
      member_(door.connections),
      visitor_{.client = client, .tls = scheme == Scheme::https, .server_name = {}} {
  member_.set_visit(this);
  door_.visitors.here.fetch_add(1, std::memory_order_relaxed);
  door_.worker.counters.connections_accepted.add();
}

VisitorConnection::~VisitorConnection() {
  door_.visitors.here.fetch_sub(1, std::memory_order_relaxed);
  door_.worker.counters.connections_closed.add();
}

void VisitorConnection::begin(FrontDoor& door, int socket, const IpAddress& client,
                              ClientCounts::Held held, Scheme scheme) {
  std::unique_ptr<VisitorConnection> connection(
      new VisitorConnection(door, socket, client, std::move(held), scheme));
  asio::co_spawn(door.worker.loop.context, welcome(std::move(connection)), asio::detached);
}

asio::awaitable<void> VisitorConnection::welcome(std::unique_ptr<VisitorConnection> self) {
  bool ready = co_await self->identify(Clock::now() + self->limits_->handshake);
  if (ready && self->visitor_.tls)
    ready = co_await self->shake_hands(Clock::now() + self->limits_->handshake);
  if (ready && self->visitor_.tls) ready = self->recognise();
  if (self->visitor_.peer) self->held_ = {};  // its visitors have been counted where they are
  if (!ready) co_return;
  const auto* const tls = self->stream_.tls();
  if (tls && tls->protocol() == "h2") {
    co_await self->serve_http2({});
  } else {
    Http1Connection::Waker& waker = *self;
    self->http1_.emplace(self->stream_, self->member_, self->visitor_, self->door_.worker,
                         *self->limits_, waker);
    auto serving = serve_http1(std::move(self));
    co_await std::move(serving);
  }
}

asio::awaitable<void> VisitorConnection::serve_http1(std::unique_ptr<VisitorConnection> self) {
  const auto served = co_await self->http1_->serve();
  if (served == Http1Connection::Served::done) self->note_flood();
  if (served == Http1Connection::Served::idle) (void)self.release();  // until wake()
  if (served != Http1Connection::Served::http2) co_return;
  const std::string early(self->http1_->unread());
  self->http1_.reset();
  co_await self->serve_http2(early);
}

void VisitorConnection::wake() {
  asio::co_spawn(door_.worker.loop.context, serve_http1(std::unique_ptr<VisitorConnection>(this)),
                 asio::detached);
}

asio::awaitable<void> VisitorConnection::serve_http2(std::string_view early) {
  Http2Connection connection(stream_, member_, visitor_, door_.worker, *limits_,
                             streams_of(door_, visitor_));
  co_await connection.serve(early);
  note_flood();
}

/// That it has ended for records of TLS without data.
void VisitorConnection::note_flood() {
  if (!stream_.tls() || !stream_.tls()->is_flooded()) return;
  door_.worker.counters.tls_floods.add();
  log_connection(visitor_.client, "tls_flood", door_.worker);
}

/// Whom the connection comes from; from a trusted proxy it says so itself, and is counted then.
/// False: it does not, or its client has enough of them.
asio::awaitable<bool> VisitorConnection::identify(Instant deadline) {
  if (!is_trusted(door_.proxies, visitor_.client)) co_return true;
  const bool said = co_await read_proxy_header(stream_, visitor_.client, deadline);
  if (!said) {
    door_.worker.counters.proxy_headers_refused.add();
    co_return false;
  }
  if (is_denied(door_, visitor_.client)) co_return false;
  auto counted = count_client(door_, visitor_.client);
  if (counted) held_ = std::move(*counted);
  co_return counted.has_value();
}

asio::awaitable<bool> VisitorConnection::shake_hands(Instant deadline) {
  auto& counters = door_.worker.counters;
  Host host(door_);
  auto session = accept_visitor(door_.front, host);
  const auto outcome = co_await stream_.handshake(std::move(session), deadline);
  (outcome == Io::ok ? counters.handshakes : counters.handshake_failures).add();
  visitor_.server_name = host.server_name();
  co_return outcome == Io::ok;
}

/// What TLS says of the visitor. False: it claims to be an edge, and is none.
bool VisitorConnection::recognise() {
  const TlsSession& session = *stream_.tls();
  if (visitor_.server_name != tls::kEdgeServerName) {
    visitor_.certificate = visitor_certificate(session);
    return true;
  }
  visitor_.peer = !door_.peers.edge_of(session).empty();
  if (!visitor_.peer) door_.worker.counters.peers_refused.add();
  return visitor_.peer;
}

}  // namespace meridian::edge
