#include "edge-node/origin/connect.h"

#include <algorithm>
#include <string>
#include <utility>

namespace meridian::edge {
namespace {

constexpr std::size_t kMaxAddresses = 4;  // of one name, tried by one request

}  // namespace

asio::awaitable<OriginConnection> connect_origin(Loop loop, Resolver& resolver,
                                                 const OriginPool& pool, const Origin& origin) {
  const Instant deadline = Clock::now() + pool.connect_timeout;
  auto addresses = co_await resolver.resolve(origin.host, deadline);
  OriginConnection result{nullptr, ConnectError::no_address};
  addresses.resize(std::min(addresses.size(), kMaxAddresses));
  for (std::size_t i = 0; i < addresses.size(); ++i) {
    // Each address gets its share of the time that is left.
    const auto now = Clock::now();
    const auto share = (deadline - now) / static_cast<int>(addresses.size() - i);
    const Endpoint endpoint{addresses[i], origin.port};
    auto connected = co_await connect_stream(loop, endpoint, now + share);
    if (!connected.stream) {
      result.error =
          connected.outcome == Io::timed_out ? ConnectError::timed_out : ConnectError::refused;
      continue;
    }
    if (pool.tls) {
      const std::string& name = pool.server_name.empty() ? origin.host : pool.server_name;
      auto session = TlsSession::connect(*pool.tls, connected.stream->socket(), name);
      const auto outcome = co_await connected.stream->handshake(std::move(session), deadline);
      if (outcome != Io::ok) {
        result.error = outcome == Io::timed_out ? ConnectError::timed_out : ConnectError::tls;
        continue;
      }
    }
    result.stream = std::move(connected.stream);
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
  }
  return "";
}

}  // namespace meridian::edge
