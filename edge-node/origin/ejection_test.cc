#include "edge-node/origin/ejection.h"

#include <vector>

#include <gtest/gtest.h>

namespace meridian::edge {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr Instant kStart{seconds(1000)};

bool fails(EjectionState& state, int times, Instant now, const EjectionSettings& settings = {}) {
  bool enough = false;
  for (int i = 0; i < times; ++i) enough = state.fail(now, settings);
  return enough;
}

TEST(Ejection, TakesFailuresInARow) {
  EjectionState state;
  EXPECT_FALSE(fails(state, 4, kStart));
  state.succeed(kStart);
  EXPECT_FALSE(fails(state, 4, kStart));
  EXPECT_TRUE(fails(state, 1, kStart));
}

TEST(Ejection, ZeroFailuresNeverEject) {
  EjectionState state;
  const EjectionSettings settings{.failures = 0, .duration = seconds(1), .max_percent = 100};
  EXPECT_FALSE(fails(state, 1000, kStart, settings));
}

TEST(Ejection, LastsTwiceAsLongEachTimeInARowUpTo16Times) {
  EjectionState state;
  const EjectionSettings settings;
  Instant now = kStart;
  for (const int times : {1, 2, 4, 8, 16, 16, 16}) {
    state.eject(now, settings);
    EXPECT_TRUE(state.is_ejected(now));
    EXPECT_TRUE(state.is_ejected(now + times * settings.duration - milliseconds(1)));
    EXPECT_FALSE(state.is_ejected(now + times * settings.duration));
    now = state.until();
  }
}

TEST(Ejection, AGoodTimeAfterItMakesTheNextOneShortAgain) {
  EjectionState state;
  const EjectionSettings settings;
  state.eject(kStart, settings);
  state.eject(kStart, settings);
  state.succeed(state.until() + seconds(19));  // of 20
  state.eject(kStart, settings);
  EXPECT_EQ(state.until(), kStart + seconds(40));
  state.succeed(state.until() + seconds(40));
  state.eject(kStart, settings);
  EXPECT_EQ(state.until(), kStart + seconds(10));
}

TEST(Ejection, FailuresOfRequestsFromBeforeItDoNotCount) {
  EjectionState state;
  const EjectionSettings settings;
  EXPECT_TRUE(fails(state, 5, kStart));
  state.eject(kStart, settings);
  EXPECT_FALSE(fails(state, 100, kStart + seconds(1)));
  EXPECT_FALSE(fails(state, 4, state.until()));
  EXPECT_TRUE(fails(state, 1, state.until()));
}

TEST(Ejection, NeverTakesTheLastOneNorMoreThanItsShare) {
  const EjectionSettings settings;
  const auto allowed = [&](std::vector<PoolMember> members) {
    return may_eject(members, 0, settings);
  };
  const PoolMember well, down{.up = false}, out{.ejected = true};
  EXPECT_FALSE(allowed({well}));
  EXPECT_TRUE(allowed({well, well}));
  EXPECT_FALSE(allowed({well, down}));
  EXPECT_FALSE(allowed({well, out}));
  EXPECT_TRUE(allowed({well, well, well}));
  EXPECT_FALSE(allowed({well, out, well}));  // two of three are more than half
  EXPECT_TRUE(allowed({well, out, well, well}));
  EXPECT_FALSE(may_eject(std::vector<PoolMember>(5), 0, {.max_percent = 10}));
  EXPECT_TRUE(may_eject(std::vector<PoolMember>(10), 0, {.max_percent = 10}));
}

TEST(SlowStart, TheShareGrowsToTheWhole) {
  const auto share = [](int after_seconds) {
    return slow_start_share(kStart + seconds(after_seconds), kStart, seconds(100));
  };
  EXPECT_DOUBLE_EQ(share(0), 0.1);
  EXPECT_DOUBLE_EQ(share(5), 0.1);
  EXPECT_DOUBLE_EQ(share(50), 0.5);
  EXPECT_DOUBLE_EQ(share(100), 1);
  EXPECT_DOUBLE_EQ(share(1000), 1);
  EXPECT_DOUBLE_EQ(slow_start_share(kStart, kStart, seconds(0)), 1);
}

}  // namespace
}  // namespace meridian::edge
