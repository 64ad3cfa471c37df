#include "dns-steer/probe/probe_state.h"

#include <gtest/gtest.h>

namespace meridian::dns {
namespace {

using std::chrono::milliseconds;
const Instant kStart{std::chrono::hours(1)};

TEST(ProbeState, BelievesTheFirstResult) {
  ProbeState up;
  EXPECT_FALSE(up.known());
  up.finish(kStart, "");
  EXPECT_TRUE(up.known() && up.up() && up.ever_up());
  ProbeState down;
  down.finish(kStart, "connection refused");
  EXPECT_TRUE(down.known());
  EXPECT_FALSE(down.up() || down.ever_up());
  EXPECT_EQ(down.reason(), "connection refused");
}

TEST(ProbeState, FallsOnTheSecondFailureAndProbesSoonerInBetween) {
  ProbeState state;
  EXPECT_EQ(state.finish(kStart, ""), kStart + milliseconds(1000));
  EXPECT_EQ(state.finish(kStart, "timeout"), kStart + milliseconds(250));
  EXPECT_TRUE(state.up());
  EXPECT_EQ(state.finish(kStart, "timeout"), kStart + milliseconds(1000));
  EXPECT_FALSE(state.up());
  EXPECT_EQ(state.reason(), "timeout");
}

TEST(ProbeState, ForgivesASingleFailure) {
  ProbeState state;
  for (int round = 0; round < 10; ++round) {
    state.finish(kStart, "");
    state.finish(kStart, "timeout");
    EXPECT_TRUE(state.up()) << "round " << round;
  }
}

TEST(ProbeState, RisesOnTheSecondSuccess) {
  ProbeState state;
  state.finish(kStart, "timeout");
  state.finish(kStart, "");
  EXPECT_FALSE(state.up());
  state.finish(kStart, "");
  EXPECT_TRUE(state.up());
  EXPECT_EQ(state.reason(), "");
}

TEST(ProbeState, GivesTheNewestReason) {
  ProbeState state;
  state.finish(kStart, "timeout");
  state.finish(kStart, "connection refused");
  EXPECT_EQ(state.reason(), "connection refused");
}

}  // namespace
}  // namespace meridian::dns
