#include "edge-node/io/tunnel.h"

#include <array>
#include <functional>
#include <string>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

namespace meridian::edge {
namespace {

/// One end is a stream of the loop, the other the test's.
class Pair {
 public:
  explicit Pair(const Loop& loop) : ends_(make()), stream(loop, ends_[0]) {}
  ~Pair() { ::close(ends_[1]); }
  /// As much of `bytes` as there is room for.
  std::size_t send(std::string_view bytes) const {
    const auto sent = ::send(ends_[1], bytes.data(), bytes.size(), MSG_NOSIGNAL);
    return sent > 0 ? static_cast<std::size_t>(sent) : 0;
  }
  /// All that is there. `end`: and behind it there is no more.
  std::size_t receive(bool* end = nullptr) const {
    std::array<char, 16384> part;
    std::size_t all = 0;
    for (ssize_t size = 0; (size = ::recv(ends_[1], part.data(), part.size(), 0)) >= 0;) {
      if (end) *end = size == 0;
      if (size == 0) break;
      all += static_cast<std::size_t>(size);
    }
    return all;
  }
  void shutdown_write() const { ::shutdown(ends_[1], SHUT_WR); }

 private:
  static std::array<int, 2> make() {
    std::array<int, 2> ends{-1, -1};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data()), 0);
    constexpr int kMuch = 1 << 20;
    for (const int end : ends) ::setsockopt(end, SOL_SOCKET, SO_SNDBUF, &kMuch, sizeof kMuch);
    return ends;
  }
  std::array<int, 2> ends_;

 public:
  Stream stream;
};

asio::awaitable<void> run(Stream& visitor, Stream& origin, const VisitorLimits& limits,
                          bool& ended) {
  co_await run_tunnel(visitor, origin, "", limits);
  ended = true;
}

/// The loop's other work, again and again until `done`.
void work(asio::io_context& context, const std::function<bool()>& done) {
  asio::post(context, [&context, done] {
    if (!done()) work(context, done);
  });
}

class Tunnel : public ::testing::Test {
 protected:
  void begin() {
    asio::co_spawn(context_, run(visitor_.stream, origin_.stream, limits_, ended_), asio::detached);
  }

  const VisitorLimits limits_;
  asio::io_context context_{1};
  Poller poller_{context_};
  DeadlineWheel deadlines_{Clock::now()};
  Turns turns_{context_, 1};
  const Loop loop_{context_, deadlines_, poller_, turns_};
  Pair visitor_{loop_}, origin_{loop_};
  bool ended_ = false;
};

TEST_F(Tunnel, LeavesOthersTheirTurnWhileThereIsMore) {
  const std::string piece(16384, 'x');
  std::size_t sent = 0, came = 0, rounds = 0;
  for (std::size_t size = 0; (size = visitor_.send(piece)) > 0;) sent += size;
  ASSERT_GT(sent, 10 * piece.size());
  visitor_.shutdown_write();
  origin_.shutdown_write();
  begin();
  work(context_, [&] {
    const auto more = origin_.receive();
    came += more;
    if (more > 0) ++rounds;
    return ended_;
  });
  context_.run();
  EXPECT_EQ(came, sent);
  EXPECT_GE(rounds, 2u);
}

TEST_F(Tunnel, EndsWhenItIsCancelledThoughThereIsAlwaysMore) {
  const std::string piece(16384, 'x');
  std::size_t came = 0;
  const auto refill = [&] {
    while (visitor_.send(piece) > 0) {
    }
  };
  refill();
  begin();
  work(context_, [&] {
    came += origin_.receive();
    if (came > 0) visitor_.stream.cancel();
    refill();
    return ended_ || came > (std::size_t{64} << 20);
  });
  context_.run();
  EXPECT_TRUE(ended_);
  EXPECT_LE(came, std::size_t{1} << 20);
}

}  // namespace
}  // namespace meridian::edge
