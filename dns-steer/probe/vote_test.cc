#include "dns-steer/probe/vote.h"

#include <gtest/gtest.h>

namespace meridian::dns {
namespace {

ProbeState up() {
  ProbeState state;
  state.finish({}, "");
  return state;
}
ProbeState never_up() {
  ProbeState state;
  state.finish({}, "no route to host");
  return state;
}
ProbeState gone_down() {
  auto state = up();
  state.finish({}, "connection refused");
  state.finish({}, "connection refused");
  return state;
}

TEST(Vote, IsUpWhenAllAddressesAnswer) {
  const auto a = up(), b = up();
  EXPECT_TRUE(vote_on("par-1", {{"192.0.2.1:443", &a}, {"[2001:db8::1]:443", &b}}).healthy());
}

TEST(Vote, IsDownWhenAnAddressThatAnsweredDoesNoMore) {
  const auto a = up(), b = gone_down();
  const auto vote = vote_on("par-1", {{"192.0.2.1:443", &a}, {"[2001:db8::1]:443", &b}});
  EXPECT_FALSE(vote.healthy());
  EXPECT_EQ(vote.reason(), "[2001:db8::1]:443: connection refused");
}

TEST(Vote, LeavesOutAnAddressOutOfReachFromHere) {
  const auto a = up(), b = never_up();
  EXPECT_TRUE(vote_on("par-1", {{"192.0.2.1:443", &a}, {"[2001:db8::1]:443", &b}}).healthy());
}

TEST(Vote, IsDownWhenNoAddressEverAnswered) {
  const auto a = never_up(), b = never_up();
  EXPECT_FALSE(vote_on("par-1", {{"192.0.2.1:443", &a}, {"[2001:db8::1]:443", &b}}).healthy());
}

}  // namespace
}  // namespace meridian::dns
