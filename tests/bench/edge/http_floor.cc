// Row zero of the edge's figures: answers 1 KiB to whatever looks like the end of a request, and
// does nothing else. What it costs is what sockets cost on this machine.
#include <array>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace {

int listen_at(const char* address, const char* port) {
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

std::string make_answer() {
  const std::string body(1024, 'x');
  return "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: " +
         std::to_string(body.size()) + "\r\n\r\n" + body;
}

void watch(int epoll, int socket) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.fd = socket;
  ::epoll_ctl(epoll, EPOLL_CTL_ADD, socket, &event);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: %s ADDRESS PORT\n", argv[0]);
    return 2;
  }
  const std::string answer = make_answer();
  const int listener = listen_at(argv[1], argv[2]);
  const int epoll = ::epoll_create1(0);
  watch(epoll, listener);
  std::array<epoll_event, 128> events{};
  std::array<char, 4096> buffer{};
  for (;;) {
    const int count = ::epoll_wait(epoll, events.data(), static_cast<int>(events.size()), -1);
    for (int i = 0; i < count; ++i) {
      const int socket = events[static_cast<std::size_t>(i)].data.fd;
      if (socket == listener) {
        const int visitor = ::accept4(listener, nullptr, nullptr, SOCK_NONBLOCK);
        if (visitor < 0) continue;
        const int on = 1;
        ::setsockopt(visitor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        watch(epoll, visitor);
        continue;
      }
      const auto size = ::recv(socket, buffer.data(), buffer.size(), 0);
      if (size <= 0) {
        ::close(socket);
        continue;
      }
      const std::string_view bytes(buffer.data(), static_cast<std::size_t>(size));
      if (bytes.ends_with("\r\n\r\n")) (void)!::send(socket, answer.data(), answer.size(), 0);
    }
  }
}
