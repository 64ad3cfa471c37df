#include "dns-steer/io/sockets.h"

#include <cerrno>
#include <cstring>
#include <string>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <unistd.h>

namespace meridian::dns {
namespace {

// Enough for a burst while a worker takes its turn; the system may allow less.
constexpr int kReceiveBuffer = 4 << 20;
constexpr int kTcpBacklog = 1024;
constexpr int kPortAttempts = 16;

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t size = sizeof(sockaddr_storage);
  sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }
};

SocketAddress to_system(const Endpoint& endpoint) {
  SocketAddress address;
  const auto octets = endpoint.address.bytes();
  if (endpoint.address.is_v4()) {
    auto& v4 = reinterpret_cast<sockaddr_in&>(address.storage);
    v4.sin_family = AF_INET;
    v4.sin_port = htons(endpoint.port);
    std::memcpy(&v4.sin_addr, octets.data(), octets.size());
    address.size = sizeof v4;
  } else {
    auto& v6 = reinterpret_cast<sockaddr_in6&>(address.storage);
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(endpoint.port);
    std::memcpy(&v6.sin6_addr, octets.data(), octets.size());
    address.size = sizeof v6;
  }
  return address;
}

Error system_error(const Endpoint& endpoint, const char* what) {
  return Error(endpoint.text(), std::string(what) + ": " + std::strerror(errno));
}

bool set(const Descriptor& socket, int level, int option, int value) {
  return ::setsockopt(socket.number(), level, option, &value, sizeof value) == 0;
}

Result<std::uint16_t> bound_port(const Endpoint& endpoint, const Descriptor& socket) {
  SocketAddress address;
  if (::getsockname(socket.number(), address.get(), &address.size) != 0)
    return system_error(endpoint, "cannot ask for its port");
  // The port stands at the same place in both families.
  return ntohs(reinterpret_cast<sockaddr_in&>(address.storage).sin_port);
}

Result<Descriptor> open_socket(const Endpoint& endpoint, int type) {
  const bool v4 = endpoint.address.is_v4();
  Descriptor socket(::socket(v4 ? AF_INET : AF_INET6, type | SOCK_CLOEXEC, 0));
  if (socket.number() < 0) return system_error(endpoint, "cannot make a socket");
  if (!set(socket, SOL_SOCKET, SO_REUSEADDR, 1) || !set(socket, SOL_SOCKET, SO_REUSEPORT, 1))
    return system_error(endpoint, "cannot share its port");
  // [::] and 0.0.0.0 are listened on apart.
  if (!v4) set(socket, IPPROTO_IPV6, IPV6_V6ONLY, 1);
  auto address = to_system(endpoint);
  if (::bind(socket.number(), address.get(), address.size) != 0)
    return system_error(endpoint, type == SOCK_DGRAM ? "cannot be listened on by UDP"
                                                     : "cannot be listened on by TCP");
  return socket;
}

Result<Descriptor> open_udp(const Endpoint& endpoint) {
  auto socket = open_socket(endpoint, SOCK_DGRAM);
  if (!socket) return socket;
  if (!set(*socket, SOL_SOCKET, SO_RCVBUFFORCE, kReceiveBuffer))
    set(*socket, SOL_SOCKET, SO_RCVBUF, kReceiveBuffer);
  // Whoever forges "fragmentation needed" must not make us send fragments.
  if (endpoint.address.is_v4())
    set(*socket, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_OMIT);
  else
    set(*socket, IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_OMIT);
  // Answers leave from the address that was asked: on a wildcard only the packet knows which.
  if (!endpoint.address.is_unspecified()) return socket;
  if (endpoint.address.is_v4())
    set(*socket, IPPROTO_IP, IP_PKTINFO, 1);
  else
    set(*socket, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1);
  return socket;
}

Result<Descriptor> open_tcp(const Endpoint& endpoint) {
  auto socket = open_socket(endpoint, SOCK_STREAM);
  if (!socket) return socket;
  // Answers are written whole: nothing is gained by waiting for more. Connections inherit it.
  set(*socket, IPPROTO_TCP, TCP_NODELAY, 1);
  if (::listen(socket->number(), kTcpBacklog) != 0)
    return system_error(endpoint, "cannot be listened on by TCP");
  return socket;
}

Result<ListenSockets> open_pair(Endpoint endpoint) {
  const bool any_port = endpoint.port == 0;
  for (int attempt = 1;; ++attempt) {
    auto udp = open_udp(endpoint);
    if (!udp) return udp.error();
    const auto port = bound_port(endpoint, *udp);
    if (!port) return port.error();
    auto both = endpoint;
    both.port = *port;
    auto tcp = open_tcp(both);
    if (tcp) return ListenSockets{both, std::move(*udp), std::move(*tcp)};
    // A port free for UDP may be taken for TCP.
    if (!any_port || attempt == kPortAttempts) return tcp.error();
  }
}

}  // namespace

Descriptor::~Descriptor() {
  if (number_ >= 0) ::close(number_);
}

Result<std::vector<std::vector<ListenSockets>>> open_sockets(const std::vector<Endpoint>& endpoints,
                                                             unsigned workers) {
  std::vector<std::vector<ListenSockets>> all(workers);
  for (auto endpoint : endpoints) {
    for (auto& worker : all) {
      auto pair = open_pair(endpoint);
      if (!pair) return pair.error();
      endpoint = pair->endpoint;  // the others share the port that the first got
      worker.push_back(std::move(*pair));
    }
  }
  return all;
}

Result<std::vector<std::vector<TlsSocket>>> open_tls_sockets(const std::vector<Endpoint>& endpoints,
                                                             unsigned workers) {
  std::vector<std::vector<TlsSocket>> all(workers);
  for (auto endpoint : endpoints) {
    for (auto& worker : all) {
      auto socket = open_tcp(endpoint);
      if (!socket) return socket.error();
      const auto port = bound_port(endpoint, *socket);
      if (!port) return port.error();
      endpoint.port = *port;
      worker.push_back({endpoint, std::move(*socket)});
    }
  }
  return all;
}

IpAddress address_of(const sockaddr_storage& address) {
  if (address.ss_family == AF_INET6) {
    const auto& v6 = reinterpret_cast<const sockaddr_in6&>(address);
    return IpAddress::v6(std::span<const std::uint8_t, 16>(v6.sin6_addr.s6_addr, 16)).unmapped();
  }
  const auto& v4 = reinterpret_cast<const sockaddr_in&>(address);
  return IpAddress::v4(ntohl(v4.sin_addr.s_addr));
}

}  // namespace meridian::dns
