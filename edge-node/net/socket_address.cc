#include "edge-node/net/socket_address.h"

#include <algorithm>
#include <cstring>

namespace meridian::edge {

SocketAddress::SocketAddress(const Endpoint& endpoint) {
  const auto bytes = endpoint.address.bytes();
  if (endpoint.address.is_v4()) {
    sockaddr_in v4{};
    v4.sin_family = AF_INET;
    v4.sin_port = htons(endpoint.port);
    std::memcpy(&v4.sin_addr, bytes.data(), bytes.size());
    std::memcpy(&storage_, &v4, sizeof v4);
    size_ = sizeof v4;
  } else {
    sockaddr_in6 v6{};
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(endpoint.port);
    std::memcpy(&v6.sin6_addr, bytes.data(), bytes.size());
    std::memcpy(&storage_, &v6, sizeof v6);
    size_ = sizeof v6;
  }
}

std::optional<Endpoint> to_endpoint(const sockaddr& address) {
  if (address.sa_family == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, &address, sizeof v4);
    return Endpoint{IpAddress::v4(ntohl(v4.sin_addr.s_addr)), ntohs(v4.sin_port)};
  }
  if (address.sa_family != AF_INET6) return std::nullopt;
  sockaddr_in6 v6{};
  std::memcpy(&v6, &address, sizeof v6);
  const std::span<const std::uint8_t, 16> bytes(v6.sin6_addr.s6_addr);
  return Endpoint{IpAddress::v6(bytes).unmapped(), ntohs(v6.sin6_port)};
}

std::optional<Endpoint> local_endpoint(int socket) {
  sockaddr_storage storage{};
  socklen_t size = sizeof storage;
  if (::getsockname(socket, reinterpret_cast<sockaddr*>(&storage), &size) != 0) return std::nullopt;
  return to_endpoint(reinterpret_cast<const sockaddr&>(storage));
}

}  // namespace meridian::edge
