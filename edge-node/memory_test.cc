// What visitors cost in memory, counted by the allocator. The test's own ends of their connections
// are sockets without buffers of its own, so that all that is counted is the edge's.
#include <algorithm>
#include <array>
#include <cerrno>

#include <gtest/gtest.h>
#include <malloc.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "edge-node/testing/world.h"

namespace meridian::edge {
namespace {

using testing::eventually;
using testing::World;

constexpr std::size_t kVisitors = 20;
constexpr std::size_t kKibi = 1024;

std::size_t allocated() {
  const auto info = ::mallinfo2();
  return info.uordblks + info.hblkhd;
}

class Socket {
 public:
  explicit Socket(int fd) : fd_(fd) {}
  Socket(Socket&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  ~Socket() {
    if (fd_ >= 0) ::close(fd_);
  }
  int fd() const { return fd_; }

  /// It takes little of what is sent to it, and nothing that nobody reads.
  static Socket to(std::uint16_t port) {
    Socket socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const int little = 4096;
    ::setsockopt(socket.fd_, SOL_SOCKET, SO_RCVBUF, &little, sizeof little);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    if (::connect(socket.fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
      throw std::runtime_error("no connection");
    return socket;
  }
  void send(std::string_view bytes) const {
    if (::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(bytes.size()))
      throw std::runtime_error("not sent");
  }
  /// Until `mark` has come.
  void read_to(std::string_view mark) const {
    std::string seen;
    std::array<char, 512> bytes;
    while (seen.find(mark) == std::string::npos) {
      const auto size = ::recv(fd_, bytes.data(), bytes.size(), 0);
      if (size <= 0) throw std::runtime_error("closed");
      seen.append(bytes.data(), static_cast<std::size_t>(size));
    }
  }

 private:
  int fd_;
};

/// Answers each connection's one request with a body that hardly ends, as fast as it is taken.
class Spring {
 public:
  /// `fields`: of its answers.
  explicit Spring(const std::string& fields)
      : head_("HTTP/1.1 200 OK\r\n" + fields + "\r\n"),
        listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* const name = reinterpret_cast<sockaddr*>(&address);
    ::bind(listener_.fd(), name, sizeof address);
    ::getsockname(listener_.fd(), name, &size);
    port_ = ntohs(address.sin_port);
    ::listen(listener_.fd(), 1024);
    connections_.reserve(100 * kVisitors);  // probes too
  }
  std::uint16_t port() const { return port_; }

  /// Goes on for a moment. True: nobody takes anything any more, of so many.
  bool is_stuck(std::size_t connections) {
    while (is_ready(listener_.fd(), POLLIN))
      connections_.push_back({Socket(::accept4(listener_.fd(), nullptr, nullptr, SOCK_CLOEXEC))});
    bool moved = false;
    std::size_t answering = 0;
    for (auto& one : connections_) {
      if (!one.answering && is_ready(one.socket.fd(), POLLIN)) {
        std::array<char, 4096> request;
        const auto size = ::recv(one.socket.fd(), request.data(), request.size(), 0);
        const std::string_view text(request.data(), size > 0 ? static_cast<std::size_t>(size) : 0);
        if (text.find("meridian-probe") != std::string_view::npos) {
          one.socket.send("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
          ::shutdown(one.socket.fd(), SHUT_RDWR);
        } else if (!text.empty()) {
          one.socket.send(head_);
          one.answering = true;
        }
      }
      if (!one.answering) continue;
      ++answering;
      static const std::array<char, 16 * kKibi> kWater{};
      while (::send(one.socket.fd(), kWater.data(), kWater.size(), MSG_NOSIGNAL | MSG_DONTWAIT) > 0)
        moved = true;
    }
    still_ = moved || answering < connections ? 0 : still_ + 1;
    return still_ > 1000;
  }

 private:
  struct Connection {
    Socket socket;
    bool answering = false;
  };
  static bool is_ready(int fd, short what) {
    pollfd wanted{fd, what, 0};
    return ::poll(&wanted, 1, 0) > 0 && (wanted.revents & what);
  }

  const std::string head_;
  Socket listener_;
  std::uint16_t port_ = 0;
  std::vector<Connection> connections_;
  int still_ = 0;  // looks in a row
};

std::string get(char name) {
  return std::string("GET /") + name + " HTTP/1.1\r\nHost: www.shop.example\r\n\r\n";
}

std::string frame(char type, char flags, char stream, std::string_view payload) {
  std::string bytes{'\0', '\0',  static_cast<char>(payload.size()), type, flags, '\0', '\0',
                    '\0', stream};
  return bytes.append(payload);
}

/// The beginning of HTTP/2, with prior knowledge.
std::string preface() { return "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(4, 0, 0, ""); }

/// Without compression (RFC 7541 section 6).
std::string h2_get(char stream, char name) {
  return frame(1, 5, stream,
               std::string("\x82\x86\x44\x02/") + name +
                   "\x41\x10"
                   "www.shop.example");
}

std::vector<Socket> visitors_of(const World& world) {
  std::vector<Socket> visitors;
  visitors.reserve(kVisitors);
  for (std::size_t i = 0; i < kVisitors; ++i) visitors.push_back(Socket::to(world.http_port()));
  return visitors;
}

/// What one of all costs, since `before`.
std::size_t each(std::size_t before) {
  const auto now = allocated();
  return now > before ? (now - before) / kVisitors : 0;
}

TEST(Memory, OfAnIdleConnection) {
  testing::Origin origin([](const auto&) -> testing::Origin::Reply {
    return {.bytes = testing::reply(200, "Cache-Control: max-age=60\r\n", "hello"),
            .gated = false,
            .after_gate = {},
            .close = false};
  });
  const World world({&origin});
  const auto ask = [](const Socket& visitor) {
    visitor.send(get('x'));
    visitor.read_to("\r\n\r\nhello");
  };
  ask(Socket::to(world.http_port()));
  auto before = allocated();
  {
    const auto visitors = visitors_of(world);
    for (const auto& visitor : visitors) ask(visitor);
    RecordProperty("http1_bytes", std::to_string(each(before)));
    EXPECT_LT(each(before), 8 * kKibi);
  }
  before = allocated();
  const auto visitors = visitors_of(world);
  for (const auto& visitor : visitors) {
    visitor.send(preface() + h2_get(1, 'x'));
    visitor.read_to("hello");
  }
  RecordProperty("http2_bytes", std::to_string(each(before)));
  EXPECT_LT(each(before), 48 * kKibi);
}

/// What each costs who reads nothing of what `spring` says, each of another object.
struct Stuck {
  std::size_t http1 = 0, http2 = 0;
};
Stuck cost_of_stuck(Spring& spring, const World& world) {
  Stuck most;
  const auto wait = [&spring](std::size_t connections, std::size_t& cost, std::size_t before) {
    EXPECT_TRUE(eventually([&] {
      const bool is_stuck = spring.is_stuck(connections);
      cost = std::max(cost, each(before));
      return is_stuck;
    }));
  };
  auto before = allocated();
  const auto http1 = visitors_of(world);
  char name = 'A';
  for (const auto& visitor : http1) visitor.send(get(name++));
  wait(kVisitors, most.http1, before);
  before = allocated();
  const auto http2 = visitors_of(world);
  name = 'a';
  for (const auto& visitor : http2) visitor.send(preface() + h2_get(1, name++));
  wait(2 * kVisitors, most.http2, before);
  ::testing::Test::RecordProperty("http1_bytes", std::to_string(most.http1));
  ::testing::Test::RecordProperty("http2_bytes", std::to_string(most.http2));
  return most;
}

void be_patient(v1::OriginPool& pool) {
  pool.mutable_between_bytes_timeout()->set_seconds(300);
  pool.mutable_probe()->mutable_interval()->set_seconds(60);
}

TEST(Memory, OfAVisitorThatReadsNothing) {
  Spring spring("Cache-Control: no-store\r\nContent-Length: 99999999999\r\n");
  const World world(spring.port(), be_patient);
  const auto most = cost_of_stuck(spring, world);
  EXPECT_LT(most.http1, 128 * kKibi);
  EXPECT_LT(most.http2, 160 * kKibi);
}

TEST(Memory, OfAVisitorThatReadsNothingOfWhatTheCacheHasNoRoomFor) {
  Spring spring("Cache-Control: max-age=60\r\nContent-Length: 9999999\r\n");
  const World world(spring.port(), be_patient,
                    [](EdgeOptions& options) { options.cache_bytes = 16 * kKibi; });
  const auto most = cost_of_stuck(spring, world);
  EXPECT_LT(most.http1, 160 * kKibi);
  EXPECT_LT(most.http2, 224 * kKibi);
}

}  // namespace
}  // namespace meridian::edge
