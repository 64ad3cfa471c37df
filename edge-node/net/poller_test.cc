#include "edge-node/net/poller.h"

#include <functional>

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

namespace meridian::edge {
namespace {

/// One end of a connection, watched.
struct Watched final : Poller::Watch {
  explicit Watched(Poller& poller) {
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
    EXPECT_TRUE(poller.add(ends[0], *this));
  }
  ~Watched() {
    ::close(ends[0]);
    ::close(ends[1]);
  }
  void on_events(std::uint32_t events) override {
    if (events & EPOLLIN) ++inputs;
    if (then) then();
  }
  void receive() const { EXPECT_EQ(::write(ends[1], "x", 1), 1); }

  int ends[2];
  int inputs = 0;
  std::function<void()> then;
};

class PollerTest : public ::testing::Test {
 protected:
  boost::asio::io_context context_;
  Poller poller_{context_};
};

TEST_F(PollerTest, TellsOfEachArrivalOnce) {
  Watched one(poller_);
  poller_.begin_wait();
  one.receive();
  context_.poll();
  context_.poll();
  EXPECT_EQ(one.inputs, 1);  // though nothing was read
  one.receive();
  context_.poll();
  EXPECT_EQ(one.inputs, 2);
  poller_.end_wait();
}

TEST_F(PollerTest, TheLoopEndsWhenNobodyWaits) {
  const Watched one(poller_);
  poller_.begin_wait();
  poller_.begin_wait();
  poller_.end_wait();
  poller_.end_wait();
  context_.run();
}

TEST_F(PollerTest, TheLoopEndsWhenTheLastWaitEndsInACall) {
  Watched one(poller_);
  one.then = [&] {
    if (one.inputs > 0) poller_.end_wait();
  };
  poller_.begin_wait();
  one.receive();
  context_.run();
  EXPECT_EQ(one.inputs, 1);
}

TEST_F(PollerTest, WhoIsForgottenIsNotToldWhatCameBefore) {
  Watched one(poller_), other(poller_);
  one.then = [&] { poller_.forget(other); };
  other.then = [&] { poller_.forget(one); };
  poller_.begin_wait();
  one.receive();
  other.receive();
  context_.poll();
  EXPECT_EQ(one.inputs + other.inputs, 1);
  poller_.end_wait();
}

}  // namespace
}  // namespace meridian::edge
