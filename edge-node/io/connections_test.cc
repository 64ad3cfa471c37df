#include "edge-node/io/connections.h"

#include <memory>
#include <vector>

#include <gtest/gtest.h>

namespace meridian::edge {
namespace {

constexpr Instant kNow = Instant() + std::chrono::seconds(10);

struct Visitor final : Connections::Visit {
  explicit Visitor(Connections& all) : member(all) { member.set_visit(this); }
  std::optional<Instant> idle_since() const override { return since; }
  void on_drain(Instant) override {}
  void on_send_away() override { ++sent_away; }

  std::optional<Instant> since;
  int sent_away = 0;
  Connections::Member member;
};

class Crowd : public ::testing::Test {
 protected:
  /// One that has been idle from that second on; below 0: it is not.
  void add(int second) {
    visitors_.push_back(std::make_unique<Visitor>(all_));
    if (second >= 0) visitors_.back()->since = Instant() + std::chrono::seconds(second);
  }
  std::vector<int> sent_away() const {
    std::vector<int> calls;
    for (const auto& visitor : visitors_) calls.push_back(visitor->sent_away);
    return calls;
  }

  VisitorCounts counts_;
  Connections all_{counts_};
  std::vector<std::unique_ptr<Visitor>> visitors_;
};

TEST_F(Crowd, WhoHasBeenIdleForLongestIsSentAwayOnce) {
  for (const int second : {5, -1, 2, 9, 3}) add(second);
  EXPECT_EQ(all_.send_away(2, kNow), 2u);
  EXPECT_EQ(sent_away(), (std::vector{0, 0, 1, 0, 1}));
  EXPECT_EQ(all_.send_away(9, kNow), 2u);
  EXPECT_EQ(sent_away(), (std::vector{1, 0, 1, 1, 1}));
  EXPECT_EQ(all_.send_away(9, kNow), 0u);
}

TEST_F(Crowd, WhoWasSentAwayCountsUntilItIsGone) {
  for (const int second : {1, 2, 3}) add(second);
  EXPECT_EQ(all_.send_away(2, kNow), 2u);
  EXPECT_EQ(all_.size(), 3u);
  EXPECT_EQ(all_.sent_away(), 2u);
  EXPECT_EQ(counts_.sent_away.load(), 2u);
  visitors_.pop_back();  // it was not
  EXPECT_EQ(counts_.sent_away.load(), 2u);
  visitors_.clear();
  EXPECT_EQ(all_.size(), 0u);
  EXPECT_EQ(all_.sent_away(), 0u);
  EXPECT_EQ(counts_.sent_away.load(), 0u);
}

TEST_F(Crowd, WhoHasJustComeToRestIsLeftAlone) {
  for (const int second : {8, 7, 9}) add(second);
  EXPECT_EQ(all_.send_away(3, kNow - std::chrono::seconds(2)), 2u);
  EXPECT_EQ(sent_away(), (std::vector{1, 1, 0}));
}

TEST_F(Crowd, WhoDoesNotSpeakHttpIsLeftAlone) {
  add(1);
  visitors_[0]->member.set_visit(nullptr);
  EXPECT_EQ(all_.send_away(1, kNow), 0u);
}

TEST_F(Crowd, AllHaveTheirTurnThoughACallLooksAtFew) {
  constexpr int kMany = 2000;
  for (int i = 0; i < kMany; ++i) add(i == kMany - 1 ? 0 : -1);
  int calls = 1;
  while (all_.send_away(1, kNow) == 0 && calls < kMany) ++calls;
  EXPECT_GT(calls, 2);
  EXPECT_LT(calls, 10);
}

TEST(Room, IsASixteenthOfAllPlaces) {
  EXPECT_EQ(lacking_room(0, 160), 0u);
  EXPECT_EQ(lacking_room(150, 160), 0u);
  EXPECT_EQ(lacking_room(151, 160), 1u);
  EXPECT_EQ(lacking_room(160, 160), 10u);
  EXPECT_EQ(lacking_room(9000, 160), 10u);  // a limit that was lowered: not all at once
  EXPECT_EQ(lacking_room(2, 2), 1u);
  EXPECT_EQ(lacking_room(1, 1), 0u);
  EXPECT_EQ(lacking_room(1, 0), 0u);
}

}  // namespace
}  // namespace meridian::edge
