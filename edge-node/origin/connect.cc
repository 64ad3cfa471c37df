#include "edge-node/origin/connect.h"

#include <algorithm>
#include <string>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include "common/tls/edge_server_name.h"
#include "edge-node/net/bell.h"
#include "edge-node/origin/address_race.h"

namespace meridian::edge {
namespace {

constexpr std::size_t kMaxAddresses = 6;  // of one name, tried by one request

ConnectError error_of(const Connected& connected) {
  if (connected.no_socket) return ConnectError::no_socket;
  return connected.outcome == Io::timed_out ? ConnectError::timed_out : ConnectError::refused;
}

/// What the attempts of one race share. On the loop's thread.
struct Course {
  explicit Course(asio::io_context& context) : bell(std::make_shared<Bell>(context)) {}
  std::shared_ptr<Bell> bell;
  std::unique_ptr<Stream> winner;
  std::size_t winner_index = 0;
  std::size_t failures = 0;  // that the race has not been told of
  ConnectError error = ConnectError::timed_out;
  bool over = false;  // who arrives now is closed
};

asio::awaitable<void> run(Loop loop, std::shared_ptr<Course> course, std::size_t index,
                          Endpoint endpoint, Instant deadline) {
  auto connected = co_await connect_stream(loop, endpoint, deadline);
  if (!connected.stream) {
    ++course->failures;
    course->error = error_of(connected);
  } else if (!course->over && !course->winner) {
    course->winner = std::move(connected.stream);
    course->winner_index = index;
  }
  course->bell->ring();
}

struct Won {
  std::unique_ptr<Stream> stream;  // null: see `error`
  std::size_t index = 0;
  ConnectError error = ConnectError::none;
};

/// TCP to the first of `endpoints` that takes it (RFC 8305 section 5).
asio::awaitable<Won> race(Loop loop, std::vector<Endpoint> endpoints, Instant deadline) {
  if (endpoints.size() == 1) {
    auto connected = co_await connect_stream(loop, endpoints[0], deadline);
    const auto error = connected.stream ? ConnectError::none : error_of(connected);
    co_return Won{std::move(connected.stream), 0, error};
  }
  const auto course = std::make_shared<Course>(loop.context);
  AddressRace schedule(endpoints.size());
  while (!course->winner && !schedule.is_lost()) {
    const auto now = Clock::now();
    if (now >= deadline) break;
    if (const auto index = schedule.start(now)) {
      asio::co_spawn(loop.context, run(loop, course, *index, endpoints[*index], deadline),
                     asio::detached);
      continue;
    }
    (void)co_await course->bell->wait(std::min(deadline, schedule.next_start()));
    for (; course->failures > 0; --course->failures) schedule.fail(Clock::now());
  }
  course->over = true;
  co_return Won{std::move(course->winner), course->winner_index, course->error};
}

/// With another edge: both prove who they are, and it must be the one that is meant.
asio::awaitable<Io> shake_hands_with_peer(const PeerIdentity& peers, const Origin& edge,
                                          Stream& stream, Instant deadline) {
  const TlsContext context = peers.client();
  if (!context) co_return Io::failed;
  auto session = TlsSession::connect_to_peer(*context, tls::kEdgeServerName);
  const Io outcome = co_await stream.handshake(std::move(session), deadline);
  if (outcome != Io::ok) co_return outcome;
  co_return peers.edge_of(*stream.tls()) == edge.host ? Io::ok : Io::failed;
}

asio::awaitable<Io> shake_hands(const OriginPool& pool, const Origin& origin, Stream& stream,
                                std::string_view alpn, Instant deadline) {
  if (pool.is_shield())
    co_return co_await shake_hands_with_peer(*pool.peers, origin, stream, deadline);
  const std::string& name = pool.server_name.empty() ? origin.host : pool.server_name;
  auto session = TlsSession::connect(*pool.tls, name, alpn);
  co_return co_await stream.handshake(std::move(session), deadline);
}

}  // namespace

asio::awaitable<OriginConnection> connect_origin(Loop loop, Resolver& resolver,
                                                 const OriginPool& pool, const Origin& origin,
                                                 OriginProtocol protocol, Instant deadline) {
  deadline = std::min(deadline, Clock::now() + pool.connect_timeout);
  std::vector<IpAddress> addresses = origin.addresses;
  if (addresses.empty()) addresses = co_await resolver.resolve(origin.host, deadline);
  std::vector<Endpoint> endpoints;
  for (const auto& address : addresses) {
    if (endpoints.size() == kMaxAddresses) break;
    endpoints.push_back({address, origin.port});
  }
  OriginConnection result{nullptr, ConnectError::no_address};
  while (!endpoints.empty() && Clock::now() < deadline) {
    auto won = co_await race(loop, endpoints, deadline);
    if (!won.stream) {
      result.error = won.error;
      for (const auto& endpoint : endpoints) resolver.demote(origin.host, endpoint.address);
      break;
    }
    // Those before it have failed, or were slower although they began earlier.
    for (std::size_t i = 0; i < won.index; ++i) resolver.demote(origin.host, endpoints[i].address);
    if (pool.tls || pool.is_shield()) {
      const std::string_view alpn = protocol == OriginProtocol::http2 ? "h2" : "";
      const auto outcome = co_await shake_hands(pool, origin, *won.stream, alpn, deadline);
      if (outcome != Io::ok) {
        result.error = outcome == Io::timed_out ? ConnectError::timed_out : ConnectError::tls;
        endpoints.erase(endpoints.begin() + static_cast<std::ptrdiff_t>(won.index));
        continue;
      }
      if (won.stream->tls()->protocol() != alpn) {
        result.error = ConnectError::protocol;
        endpoints.erase(endpoints.begin() + static_cast<std::ptrdiff_t>(won.index));
        continue;
      }
    }
    result.stream = std::move(won.stream);
    result.error = ConnectError::none;
    break;
  }
  co_return result;
}

std::string_view describe(ConnectError error) {
  switch (error) {
    case ConnectError::none:
      return "connected";
    case ConnectError::no_address:
      return "the name does not resolve";
    case ConnectError::refused:
      return "connection refused";
    case ConnectError::timed_out:
      return "connection timed out";
    case ConnectError::tls:
      return "TLS handshake failed";
    case ConnectError::protocol:
      return "the origin does not speak HTTP/2";
    case ConnectError::no_socket:
      return "no socket is left";
  }
  return "";
}

}  // namespace meridian::edge
