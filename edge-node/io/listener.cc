#include "edge-node/io/listener.h"

#include <cerrno>
#include <cstring>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include "edge-node/net/socket_address.h"

namespace meridian::edge {
namespace {

constexpr int kBacklog = 4096;
constexpr int kUnsentBytes = 256 * 1024;

}  // namespace

Result<BoundSocket> BoundSocket::bind(const Endpoint& endpoint) {
  const SocketAddress address(endpoint);
  BoundSocket socket(
      ::socket(address.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP));
  if (socket.fd_ < 0)
    return Error(endpoint.text(), std::string("cannot make a socket: ") + std::strerror(errno));
  const int on = 1;
  ::setsockopt(socket.fd_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  ::setsockopt(socket.fd_, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
  ::setsockopt(socket.fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);  // inherited when accepted
  // What waits to be sent is ours to hold: the system has enough to go on with.
  ::setsockopt(socket.fd_, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &kUnsentBytes, sizeof kUnsentBytes);
  if (address.family() == AF_INET6)
    ::setsockopt(socket.fd_, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
  if (::bind(socket.fd_, address.get(), address.size()) != 0)
    return Error(endpoint.text(), std::string("cannot be bound: ") + std::strerror(errno));
  return socket;
}

BoundSocket::~BoundSocket() {
  if (fd_ >= 0) ::close(fd_);
}

Endpoint BoundSocket::endpoint() const { return local_endpoint(fd_).value_or(Endpoint()); }

Result<void> BoundSocket::listen() const {
  if (::listen(fd_, kBacklog) != 0)
    return Error(endpoint().text(), std::string("cannot listen: ") + std::strerror(errno));
  return boost::system::in_place_value;
}

}  // namespace meridian::edge
