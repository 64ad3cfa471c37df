#include "controller/health/hold_down.h"

#include <gtest/gtest.h>

namespace meridian::control {
namespace {

using namespace std::chrono_literals;

// Fails now and is seen up from one second later on; how long it then stays down.
std::chrono::seconds recovery(HoldDown& hold, Instant& now) {
  EXPECT_FALSE(hold.healthy(Opinion::down, now));
  now += 1s;
  for (auto waited = 0s;; waited += 1s, now += 1s)
    if (hold.healthy(Opinion::up, now) || waited > 1h) return waited;
}

TEST(HoldDown, WaitsLongerWithEveryFlap) {
  HoldDown hold;
  Instant now;
  for (const auto expected : {0s, 5s, 10s, 20s, 40s, 80s, 160s, 300s, 300s})
    EXPECT_EQ(recovery(hold, now), expected);
}

TEST(HoldDown, ForgetsAfterTenQuietMinutes) {
  HoldDown hold;
  Instant now;
  recovery(hold, now);
  recovery(hold, now);
  now += 9min;
  EXPECT_TRUE(hold.healthy(Opinion::up, now));
  EXPECT_EQ(recovery(hold, now), 10s);
  now += 10min;
  EXPECT_TRUE(hold.healthy(Opinion::up, now));
  EXPECT_EQ(recovery(hold, now), 0s);
}

TEST(HoldDown, BeginsTheWaitAnewWhenItFailsInside) {
  HoldDown hold;
  Instant now;
  recovery(hold, now);
  EXPECT_FALSE(hold.healthy(Opinion::down, now += 1s));
  EXPECT_FALSE(hold.healthy(Opinion::up, now += 1s));
  EXPECT_FALSE(hold.healthy(Opinion::up, now += 4s));
  EXPECT_EQ(hold.left(now), 1s);
  EXPECT_FALSE(hold.healthy(Opinion::down, now));
  EXPECT_FALSE(hold.healthy(Opinion::up, now += 1s));
  EXPECT_FALSE(hold.healthy(Opinion::up, now += 4s));
  EXPECT_TRUE(hold.healthy(Opinion::up, now += 1s));
}

TEST(HoldDown, KeepsItsStateThroughSilence) {
  HoldDown hold;
  Instant now;
  EXPECT_TRUE(hold.healthy(Opinion::silent, now));
  EXPECT_FALSE(hold.healthy(Opinion::down, now));
  EXPECT_FALSE(hold.healthy(Opinion::silent, now += 1h));
  EXPECT_TRUE(hold.healthy(Opinion::unknown, now));
}

}  // namespace
}  // namespace meridian::control
