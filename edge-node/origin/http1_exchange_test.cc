#include "edge-node/origin/http1_exchange.h"

#include <array>
#include <string>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

namespace meridian::edge {
namespace {

constexpr std::string_view kReply = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";

/// One exchange with an origin that reads nothing and has answered already.
class Exchanged : public ::testing::Test {
 protected:
  Exchanged() {
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends_.data()), 0);
    EXPECT_EQ(::write(ends_[1], kReply.data(), kReply.size()), static_cast<ssize_t>(kReply.size()));
  }
  ~Exchanged() override { ::close(ends_[1]); }

  /// Whether the connection is fit for another request after this one.
  bool is_fit_after(const std::string& body) {
    const Loop loop{context_, wheel_, poller_, turns_};
    Http1OriginExchange exchange(std::make_unique<Stream>(loop, ends_[0]));
    bool complete = false;
    asio::co_spawn(
        context_,
        [&]() -> asio::awaitable<void> {
          const http::RequestLine line{"PUT", "/"};
          const http::Framing framing{http::Framing::Kind::length, body.size()};
          const http::Fields none;
          const Stream::WriteLimits limits{.stall = std::chrono::seconds(1),
                                           .deadline = Instant::max()};
          sent_ = co_await exchange.send_head(line, none, framing, limits);
          if (sent_ == Io::ok) sent_ = co_await exchange.send_body(body, limits);
          if (sent_ == Io::ok) sent_ = co_await exchange.finish(none, limits);
          const auto head = co_await exchange.read_head(http::ResponseTo::other, Instant::max());
          const auto reply = co_await exchange.read_body(std::chrono::seconds(1));
          complete = head == OriginExchange::Head::ok && reply.outcome == Io::ok;
        },
        asio::detached);
    context_.poll();
    wheel_.advance(kStart + std::chrono::hours(1));
    context_.restart();
    context_.poll();
    EXPECT_TRUE(complete);
    return exchange.release() != nullptr;
  }

  const Instant kStart = Clock::now();
  std::array<int, 2> ends_{};
  asio::io_context context_;
  Poller poller_{context_};
  Turns turns_{context_, 1};
  DeadlineWheel wheel_{kStart};
  Io sent_ = Io::closed;
};

TEST_F(Exchanged, ConnectionIsFitAfterAWholeRequest) {
  EXPECT_TRUE(is_fit_after("body"));
  EXPECT_EQ(sent_, Io::ok);
}

// What is missing of its body would swallow the next request.
TEST_F(Exchanged, ConnectionIsUnfitAfterHalfARequest) {
  EXPECT_FALSE(is_fit_after(std::string(std::size_t{8} << 20, 'x')));
  EXPECT_EQ(sent_, Io::timed_out);
}

}  // namespace
}  // namespace meridian::edge
