#include "edge-node/net/turns.h"

#include <string>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <gtest/gtest.h>

namespace meridian::edge {
namespace {

namespace asio = boost::asio;

TEST(Turns, OthersGoOnBetweenFewOfThem) {
  asio::io_context context;
  Turns turns(context, 2);
  std::string order;
  const auto compute = [&](char name) -> asio::awaitable<void> {
    co_await turns.take();
    order += name;
  };
  for (const char name : {'a', 'b', 'c', 'd', 'e'})
    asio::co_spawn(context, compute(name), asio::detached);
  // Work that becomes ready again and again, as a visitor's requests do.
  std::function<void(int)> ready = [&](int more) {
    order += '.';
    if (more > 0) asio::post(context, [&, more] { ready(more - 1); });
  };
  asio::post(context, [&] { ready(3); });
  context.run();
  EXPECT_EQ(order, "ab.cd.e..");
}

TEST(Turns, AreThereAgainInTheNextRound) {
  asio::io_context context;
  Turns turns(context, 1);
  int done = 0;
  const auto compute = [&]() -> asio::awaitable<void> {
    for (int i = 0; i < 10; ++i) {
      co_await turns.take();
      ++done;
    }
  };
  for (int i = 0; i < 3; ++i) asio::co_spawn(context, compute(), asio::detached);
  context.run();
  EXPECT_EQ(done, 30);
}

}  // namespace
}  // namespace meridian::edge
