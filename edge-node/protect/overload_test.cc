#include "edge-node/protect/overload.h"

#include <gtest/gtest.h>

namespace meridian::edge {
namespace {

using namespace std::chrono_literals;
using Shed = Overload::Shed;

constexpr OverloadLimits kLimits{.lag_for_misses = 200ms,
                                 .lag_for_connections = 500ms,
                                 .window = 1s,
                                 .fetches = 100,
                                 .calm = 5s};

/// A worker whose ticks come as late as is said.
class Ticks : public ::testing::Test {
 protected:
  /// For `time`, ticks that are `lag` late.
  void pass(Instant::duration time, std::chrono::milliseconds lag, std::size_t fetches = 0) {
    for (const auto end = now_ + time; now_ < end; now_ += 50ms)
      overload_.measure(lag, fetches, now_);
  }
  Overload overload_{kLimits};
  Instant now_{std::chrono::hours(1)};
};

TEST_F(Ticks, ALoopInTimeShedsNothing) {
  pass(60s, 1ms, 99);
  EXPECT_EQ(overload_.shed(), Shed::nothing);
  EXPECT_FALSE(overload_.sheds_miss(99));
}

TEST_F(Ticks, ALoopThatIsAlwaysLateShedsMissesAndThenConnections) {
  pass(2s, 300ms);
  EXPECT_EQ(overload_.shed(), Shed::misses);
  EXPECT_TRUE(overload_.sheds_miss(0));
  EXPECT_FALSE(overload_.sheds_connections());
  pass(2s, 600ms);
  EXPECT_TRUE(overload_.sheds_connections());
}

TEST_F(Ticks, OneLongComputationNowAndThenShedsNothing) {
  for (int i = 0; i < 100; ++i) {
    pass(900ms, 800ms);
    pass(50ms, 1ms);
  }
  EXPECT_EQ(overload_.shed(), Shed::nothing);
}

TEST_F(Ticks, FetchesThatWaitShedMissesAtOnce) {
  EXPECT_TRUE(overload_.sheds_miss(100));
  pass(50ms, 1ms, 100);
  EXPECT_EQ(overload_.shed(), Shed::misses);
  EXPECT_TRUE(overload_.sheds_miss(0));
}

TEST_F(Ticks, IsLeftOnlyWhenItHasBeenClearlyBetterForLong) {
  pass(2s, 300ms);
  pass(20s, 150ms);
  EXPECT_EQ(overload_.shed(), Shed::misses);  // better, but not clearly
  pass(5s, 10ms);
  EXPECT_EQ(overload_.shed(), Shed::misses);  // the last window but one was not
  pass(2s, 10ms);
  EXPECT_EQ(overload_.shed(), Shed::nothing);
}

TEST_F(Ticks, ConnectionsAreTakenAgainBeforeMisses) {
  pass(2s, 600ms);
  pass(8s, 220ms);
  EXPECT_EQ(overload_.shed(), Shed::misses);
  pass(20s, 220ms);
  EXPECT_EQ(overload_.shed(), Shed::misses);
  pass(8s, 0ms);
  EXPECT_EQ(overload_.shed(), Shed::nothing);
}

TEST_F(Ticks, WhatComesAndGoesDoesNotMakeItFlap) {
  int changes = 0;
  auto before = overload_.shed();
  for (int i = 0; i < 100; ++i) {
    pass(1s, i % 2 ? 250ms : 90ms);
    changes += overload_.shed() != before;
    before = overload_.shed();
  }
  EXPECT_EQ(changes, 1);
}

}  // namespace
}  // namespace meridian::edge
