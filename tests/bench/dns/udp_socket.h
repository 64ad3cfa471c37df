#pragma once

#include <cstdio>
#include <cstdlib>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

namespace meridian::bench {

inline sockaddr_in ipv4(const char* address, const char* port) {
  sockaddr_in result{};
  result.sin_family = AF_INET;
  result.sin_port = htons(static_cast<std::uint16_t>(std::atoi(port)));
  if (::inet_pton(AF_INET, address, &result.sin_addr) != 1) {
    std::fprintf(stderr, "'%s' is not an IPv4 address\n", address);
    std::exit(2);
  }
  return result;
}

/// A blocking UDP socket with room for bursts. Ends the program where there is none.
inline int bind_udp(const char* address, const char* port) {
  const int socket = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  const auto local = ipv4(address, port);
  const int size = 4 << 20;
  ::setsockopt(socket, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size);
  if (::bind(socket, reinterpret_cast<const sockaddr*>(&local), sizeof local) != 0) {
    std::perror("bind");
    std::exit(1);
  }
  return socket;
}

}  // namespace meridian::bench
