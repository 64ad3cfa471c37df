#include "dns-steer/steer/health_state.h"

#include <limits>

#include <gtest/gtest.h>

namespace meridian::dns {
namespace {

using std::chrono::seconds;
const Instant kStart{std::chrono::hours(1)};

v1::HealthUpdate verdict(const std::string& node, bool healthy, int valid_seconds = 3) {
  v1::HealthUpdate update;
  update.mutable_valid_for()->set_seconds(valid_seconds);
  auto* edge = update.add_edges();
  edge->set_node(node);
  edge->set_healthy(healthy);
  edge->set_reason(healthy ? "" : "2 of 2 vantage points say down");
  return update;
}

std::vector<v1::EdgeVote> vote(const std::string& node, bool healthy) {
  v1::EdgeVote vote;
  vote.set_node(node);
  vote.set_healthy(healthy);
  vote.set_reason("connection refused");
  return {vote};
}

TEST(HealthState, FollowsVerdictsWhileTheyAreFresh) {
  HealthState state;
  state.take(vote("edge", true));
  state.take(verdict("edge", false), kStart);
  const auto fresh = state.view(kStart + seconds(2));
  EXPECT_TRUE(fresh.verdicts_fresh);
  EXPECT_FALSE(fresh.edges.at("edge").up);
  EXPECT_EQ(fresh.edges.at("edge").reason, "2 of 2 vantage points say down");
}

TEST(HealthState, FollowsOwnProbesWhenVerdictsAreStale) {
  HealthState state;
  state.take(vote("edge", false));
  state.take(verdict("edge", true), kStart);
  EXPECT_TRUE(state.view(kStart + seconds(2)).edges.at("edge").up);
  const auto stale = state.view(kStart + seconds(3));
  EXPECT_FALSE(stale.verdicts_fresh);
  EXPECT_FALSE(stale.edges.at("edge").up);
  EXPECT_EQ(stale.edges.at("edge").reason, "own probe: connection refused");
}

TEST(HealthState, CountsWhomNobodySpokeOfAsUp) {
  HealthState state;
  state.take(verdict("edge", false), kStart);
  const auto stale = state.view(kStart + seconds(60));
  EXPECT_TRUE(stale.edges.at("edge").up);
  EXPECT_FALSE(stale.edges.contains("other"));
}

TEST(HealthState, KeepsWhatNoProbeSees) {
  HealthState state;
  auto update = verdict("edge", true);
  update.mutable_edges(0)->add_unserviceable_sites("shop");
  state.take(update, kStart);
  const auto stale = state.view(kStart + seconds(60));
  EXPECT_TRUE(stale.edges.at("edge").unserviceable_sites.contains("shop"));
}

TEST(HealthState, KnowsHowFullEdgesAreAsFarAsTheySay) {
  HealthState state;
  auto update = verdict("a", true);
  update.mutable_edges(0)->set_utilisation(0.5);
  update.add_edges()->set_node("b");
  auto* c = update.add_edges();
  c->set_node("c");
  c->set_utilisation(std::numeric_limits<double>::quiet_NaN());
  auto* d = update.add_edges();
  d->set_node("d");
  d->set_utilisation(std::numeric_limits<double>::infinity());
  state.take(update, kStart);
  EXPECT_EQ(state.utilisations(), (Utilisations{{"a", 0.5}, {"d", 10.0}}));
}

TEST(HealthState, DoesNotBelieveInVerdictsForHours) {
  HealthState state;
  state.take(verdict("edge", false, 100'000), kStart);
  EXPECT_FALSE(state.view(kStart + seconds(61)).verdicts_fresh);
}

}  // namespace
}  // namespace meridian::dns
