#pragma once

#include <utility>
#include <vector>

#include <sys/socket.h>

#include "common/base/result.h"
#include "common/net/address.h"

namespace meridian::dns {

/// A file descriptor with an owner.
class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(Descriptor&& other) noexcept : number_(other.release()) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
  }
  ~Descriptor();

  int number() const { return number_; }
  int release() { return std::exchange(number_, -1); }

 private:
  int number_;
};

/// A UDP socket and a TCP one on the same address and port.
struct ListenSockets {
  Endpoint endpoint;
  Descriptor udp;
  Descriptor tcp;
};

/// A TCP socket for DNS over TLS.
struct TlsSocket {
  Endpoint endpoint;
  Descriptor tcp;
};

/// Sockets for each worker on each endpoint, all bound with SO_REUSEPORT, so that the kernel
/// spreads clients over workers. Port 0 takes one that is free for UDP and TCP. First index:
/// worker. The Error says which address cannot be had, and why.
Result<std::vector<std::vector<ListenSockets>>> open_sockets(const std::vector<Endpoint>& endpoints,
                                                             unsigned workers);

/// The same for DNS over TLS.
Result<std::vector<std::vector<TlsSocket>>> open_tls_sockets(const std::vector<Endpoint>& endpoints,
                                                             unsigned workers);

/// Of a socket address that the kernel filled in; IPv4 or IPv6.
IpAddress address_of(const sockaddr_storage& address);

}  // namespace meridian::dns
