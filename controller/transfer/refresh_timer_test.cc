#include "controller/transfer/refresh_timer.h"

#include <gtest/gtest.h>

namespace meridian::control {
namespace {

using namespace std::chrono_literals;

constexpr RefreshTimes kTimes{.refresh = 3600s, .retry = 600s, .expire = 86'400s};
constexpr Instant kStart = Instant() + 1000s;

TEST(RefreshTimer, LooksAfterRefreshWhenAPrimaryWasReachedAndAfterRetryWhenNot) {
  RefreshTimer timer(kStart);
  EXPECT_EQ(timer.due(), kStart);
  timer.reached(kTimes, kStart);
  EXPECT_EQ(timer.due(), kStart + 3600s);
  timer.failed(kTimes, kStart + 3600s);
  EXPECT_EQ(timer.due(), kStart + 4200s);
  timer.failed(kTimes, kStart + 4200s);
  EXPECT_EQ(timer.due(), kStart + 4800s);
  timer.reached(kTimes, kStart + 4800s);
  EXPECT_EQ(timer.due(), kStart + 8400s);
}

TEST(RefreshTimer, ExpiresWhenNobodyWasReachedForAsLongAsExpire) {
  RefreshTimer timer(kStart);
  timer.reached(kTimes, kStart);
  for (auto now = kStart + 3600s; now <= kStart + 86'400s; now += 600s) {
    timer.failed(kTimes, now);
    EXPECT_FALSE(timer.expired(now));
  }
  EXPECT_TRUE(timer.expired(kStart + 86'401s));
  timer.reached(kTimes, kStart + 90'000s);
  EXPECT_FALSE(timer.expired(kStart + 90'000s));
}

TEST(RefreshTimer, TriesOftenAndThenLessOftenWhileNothingIsHeld) {
  RefreshTimer timer(kStart);
  auto now = kStart;
  for (const auto pause : {2s, 4s, 8s, 16s, 32s, 64s, 64s}) {
    timer.failed({}, now);
    EXPECT_EQ(timer.due(), now + pause);
    now = timer.due();
  }
  EXPECT_FALSE(timer.expired(now + 1'000'000s)) << "there is nothing that could";
  timer.begin_anew(now);
  timer.failed({}, now);
  EXPECT_EQ(timer.due(), now + 2s);
}

TEST(RefreshTimer, IsNotRuledByWildTimes) {
  RefreshTimer timer(kStart);
  timer.reached({.refresh = 0s, .retry = 0s, .expire = 1s}, kStart);
  EXPECT_EQ(timer.due(), kStart + 5s);
  timer.failed({.refresh = 0s, .retry = 0s, .expire = 1s}, kStart);
  EXPECT_EQ(timer.due(), kStart + 5s);
  timer.reached({.refresh = 2'147'483'647s, .retry = 0s, .expire = 1s}, kStart);
  EXPECT_EQ(timer.due(), kStart + 86'400s);
}

TEST(RefreshTimer, LooksOnceASecondAtMostHoweverOftenItIsTold) {
  RefreshTimer timer(kStart);
  timer.reached(kTimes, kStart);
  timer.hasten(kStart + 100ms);
  EXPECT_EQ(timer.due(), kStart + 1s);
  timer.hasten(kStart + 5s);
  EXPECT_EQ(timer.due(), kStart + 5s);
}

}  // namespace
}  // namespace meridian::control
