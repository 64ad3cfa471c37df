#pragma once

#include <optional>

#include <netinet/in.h>
#include <sys/socket.h>

#include "common/net/address.h"

namespace meridian::edge {

/// An Endpoint as the system's calls take it.
class SocketAddress {
 public:
  explicit SocketAddress(const Endpoint& endpoint);

  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage_); }
  socklen_t size() const { return size_; }
  int family() const { return storage_.ss_family; }

 private:
  sockaddr_storage storage_{};
  socklen_t size_ = 0;
};

/// And back; no value for other families. ::ffff:a.b.c.d becomes a.b.c.d.
std::optional<Endpoint> to_endpoint(const sockaddr& address);

/// The local address of a bound socket.
std::optional<Endpoint> local_endpoint(int socket);

}  // namespace meridian::edge
