#include "controller/distribute/health_board.h"

#include <gtest/gtest.h>

namespace meridian::control {
namespace {

using namespace std::chrono_literals;

const Electorate kWorld{{"a", "b"}, {"par"}};

v1::HealthReport votes(bool a, bool b) {
  v1::HealthReport report;
  for (const auto& [edge, healthy] : {std::pair("a", a), std::pair("b", b)}) {
    auto& vote = *report.add_votes();
    vote.set_node(edge);
    vote.set_healthy(healthy);
  }
  return report;
}

TEST(HealthBoard, SaysNothingBeforeItHasJudged) {
  HealthBoard board(1);
  EXPECT_EQ(board.update_for("par"), nullptr);
}

TEST(HealthBoard, NumbersItsUpdatesUpwardsFromTheFirst) {
  HealthBoard board(100);
  board.judge(kWorld, Instant());
  EXPECT_EQ(board.update_for("par")->sequence(), 100u);
  EXPECT_EQ(board.update_for("par"), board.update_for("par"));
  board.judge(kWorld, Instant());
  EXPECT_EQ(board.update_for("par")->sequence(), 101u);
  EXPECT_EQ(board.update_for("par")->valid_for().seconds(), 5);
}

TEST(HealthBoard, TellsALocationWhatItsVotesCameTo) {
  HealthBoard board(1);
  const Instant now;
  board.take_votes({"d1", "par"}, votes(false, true), now);
  board.judge(kWorld, now + 10ms);
  const auto update = board.update_for("par");
  ASSERT_EQ(update->edges_size(), 2);
  EXPECT_FALSE(update->edges(0).healthy());
  EXPECT_TRUE(update->edges(1).healthy());
  EXPECT_EQ(board.unhealthy_edges(), 1u);
  EXPECT_FALSE(board.verdict_on("a").healthy());
  EXPECT_EQ(board.verdict_on("x").node(), "");
}

TEST(HealthBoard, TakesAnEdgesWordAboutItself) {
  HealthBoard board(1);
  v1::HealthReport report;
  report.add_unserviceable_sites()->set_site("shop");
  board.take_condition({"a", "par"}, report, Instant());
  board.judge(kWorld, Instant());
  EXPECT_EQ(board.verdict_on("a").unserviceable_sites(0), "shop");
}

TEST(HealthBoard, TellsAnEdgesLoadAsLongAsItIsNews) {
  auto world = kWorld;
  world.capacities["a"].set_requests_in_flight(40);
  HealthBoard board(1);
  v1::HealthReport report;
  report.mutable_load()->set_requests_in_flight(10);
  for (const auto* edge : {"a", "b"}) board.take_condition({edge, "par"}, report, Instant());
  board.judge(world, Instant() + 5s);
  EXPECT_EQ(board.update_for("par")->edges(0).utilisation(), 0.25);
  EXPECT_EQ(board.update_for("par")->edges(0).load().requests_in_flight(), 10u);
  EXPECT_FALSE(board.update_for("par")->edges(1).has_utilisation());
  EXPECT_TRUE(board.update_for("par")->edges(1).has_load());
  board.judge(world, Instant() + 6s);
  EXPECT_FALSE(board.update_for("par")->edges(0).has_utilisation());
  EXPECT_FALSE(board.update_for("par")->edges(0).has_load());
}

}  // namespace
}  // namespace meridian::control
