#pragma once

#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace meridian::bench {

inline int listen_at(const char* address, const char* port) {
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  const int on = 1;
  ::setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_port = htons(static_cast<std::uint16_t>(std::atoi(port)));
  ::inet_pton(AF_INET, address, &at.sin_addr);
  if (::bind(listener, reinterpret_cast<sockaddr*>(&at), sizeof at) != 0 ||
      ::listen(listener, 1024) != 0) {
    std::perror("listen");
    std::exit(1);
  }
  return listener;
}

inline void watch(int epoll, int socket) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.fd = socket;
  ::epoll_ctl(epoll, EPOLL_CTL_ADD, socket, &event);
}

inline void accept_at(int listener, int epoll) {
  const int client = ::accept4(listener, nullptr, nullptr, SOCK_NONBLOCK);
  if (client < 0) return;
  const int on = 1;
  ::setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  watch(epoll, client);
}

/// Waits for the client where its socket is full: who is served is few, and reads.
inline void send_all(int socket, std::string_view bytes) {
  while (!bytes.empty()) {
    const auto sent = ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent > 0) {
      bytes.remove_prefix(static_cast<std::size_t>(sent));
      continue;
    }
    pollfd full{.fd = socket, .events = POLLOUT, .revents = 0};
    if (errno != EAGAIN || ::poll(&full, 1, 5000) <= 0) return;
  }
}

/// Serves for ever, by one thread and with as little as sockets allow: `answer_to` is given what
/// came, which is one whole request where clients wait for each answer, and returns what to send.
template <class AnswerTo>
[[noreturn]] void serve(const char* address, const char* port, const AnswerTo& answer_to) {
  const int listener = listen_at(address, port);
  const int epoll = ::epoll_create1(0);
  watch(epoll, listener);
  std::array<epoll_event, 128> events{};
  std::array<char, 4096> buffer{};
  for (;;) {
    const int count = ::epoll_wait(epoll, events.data(), static_cast<int>(events.size()), -1);
    for (int i = 0; i < count; ++i) {
      const int socket = events[static_cast<std::size_t>(i)].data.fd;
      if (socket == listener) {
        accept_at(listener, epoll);
        continue;
      }
      const auto size = ::recv(socket, buffer.data(), buffer.size(), 0);
      if (size > 0)
        send_all(socket,
                 answer_to(std::string_view(buffer.data(), static_cast<std::size_t>(size))));
      else
        ::close(socket);
    }
  }
}

}  // namespace meridian::bench
