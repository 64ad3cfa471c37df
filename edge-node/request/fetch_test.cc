#include "edge-node/request/fetch.h"

#include <cstdlib>
#include <functional>
#include <memory>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <gtest/gtest.h>

namespace meridian::edge {
namespace {

/// A response whose body is always there.
class FullExchange final : public OriginExchange {
 public:
  asio::awaitable<Io> send_head(http::RequestLine, const http::Fields&, const http::Framing&,
                                Stream::WriteLimits) override {
    co_return Io::ok;
  }
  asio::awaitable<Io> send_body(std::string_view, Stream::WriteLimits) override {
    co_return Io::ok;
  }
  asio::awaitable<Io> finish(const http::Fields&, Stream::WriteLimits) override {
    co_return Io::ok;
  }
  asio::awaitable<Head> read_head(http::ResponseTo, Instant) override { co_return Head::ok; }
  http::ResponseHead& head() override { return head_; }
  asio::awaitable<Piece> read_body(std::chrono::milliseconds) override {
    const Piece piece{Io::ok, "x"};
    co_return piece;
  }
  const http::Fields& trailers() const override { return head_.fields; }
  void interrupt() override {}
  void abandon() override {}
  std::unique_ptr<Stream> release() override { return nullptr; }
  Upgraded upgraded() override { std::abort(); }

 private:
  http::ResponseHead head_;
};

asio::awaitable<void> take(Fetched& fetched, int most, int& taken) {
  while (taken < most) {
    const auto piece = co_await fetched.read_body();
    if (piece.outcome != Io::ok) break;
    ++taken;
  }
}

TEST(Fetched, ABodyThatIsNeverWaitedForLeavesOthersTheirTurn) {
  constexpr int kMost = 1000;
  asio::io_context context{1};
  Fetched fetched;
  fetched.pool = std::make_shared<OriginPool>();
  fetched.exchange = std::make_unique<FullExchange>();
  int taken = 0, turns = 0;
  asio::co_spawn(context, take(fetched, kMost, taken), asio::detached);
  const std::function<void()> work = [&] {
    if (taken > 0 && taken < kMost) ++turns;
    if (taken < kMost) asio::post(context, work);
  };
  asio::post(context, work);
  context.run();
  EXPECT_EQ(taken, kMost);
  EXPECT_GT(turns, 50);
}

}  // namespace
}  // namespace meridian::edge
