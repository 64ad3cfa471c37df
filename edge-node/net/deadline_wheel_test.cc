#include "edge-node/net/deadline_wheel.h"

#include <memory>
#include <random>
#include <vector>

#include <gtest/gtest.h>

namespace meridian::edge {
namespace {

using std::chrono::milliseconds;

const Instant kStart{std::chrono::hours(100)};

struct Alarm : DeadlineWheel::Item {
  void on_deadline() override { ++fired; }
  int fired = 0;
};

TEST(DeadlineWheel, FiresNotBeforeItsTimeAndSoonAfter) {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    SCOPED_TRACE(::testing::Message() << "seed " << seed);
    std::mt19937_64 random(seed);
    DeadlineWheel wheel(kStart);
    std::vector<std::unique_ptr<Alarm>> alarms;
    std::vector<Instant> due;
    for (int i = 0; i < 100; ++i) {
      alarms.push_back(std::make_unique<Alarm>());
      due.push_back(kStart + milliseconds(random() % 100'000));
      wheel.arm(*alarms.back(), due.back());
    }
    Instant now = kStart;
    while (now < kStart + milliseconds(101'000)) {
      now += milliseconds(1 + random() % 200);
      wheel.advance(now);
      for (std::size_t i = 0; i < alarms.size(); ++i) {
        if (alarms[i]->fired > 0) {
          ASSERT_LE(due[i], now);
        } else {
          ASSERT_GT(due[i] + 2 * DeadlineWheel::kTick, now);
        }
      }
    }
    for (const auto& alarm : alarms) EXPECT_EQ(alarm->fired, 1);
  }
}

TEST(DeadlineWheel, WhatIsDisarmedOrGoneDoesNotFire) {
  DeadlineWheel wheel(kStart);
  Alarm stays, disarmed;
  wheel.arm(stays, kStart + milliseconds(10));
  wheel.arm(disarmed, kStart + milliseconds(10));
  {  // between the two in the same bucket
    Alarm gone;
    wheel.arm(gone, kStart + milliseconds(10));
  }
  wheel.disarm(disarmed);
  wheel.advance(kStart + milliseconds(200));
  EXPECT_EQ(stays.fired, 1);
  EXPECT_EQ(disarmed.fired, 0);
}

TEST(DeadlineWheel, ClosingFiresEverything) {
  DeadlineWheel wheel(kStart);
  Alarm alarm;
  wheel.arm(alarm, Instant::max());
  wheel.close();
  EXPECT_EQ(alarm.fired, 1);
  EXPECT_TRUE(wheel.closed());
}

}  // namespace
}  // namespace meridian::edge
