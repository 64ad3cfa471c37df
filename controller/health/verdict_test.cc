#include "controller/health/verdict.h"

#include <gtest/gtest.h>

namespace meridian::control {
namespace {

using namespace std::chrono_literals;

const Instant kNow = Instant() + 1h;
const Electorate kWorld{{"a", "b"}, {"par", "nyc"}};

Ballot ballot(const std::string& location, bool a, bool b) {
  return {location, {{"a", {a, a ? "" : "refused"}}, {"b", {b, b ? "" : "refused"}}}, kNow};
}

const v1::EdgeVerdict& on(const Verdicts& verdicts, const std::string& location,
                          const std::string& edge) {
  for (const auto& verdict : *verdicts.seen_from(location))
    if (verdict.node() == edge) return verdict;
  return v1::EdgeVerdict::default_instance();
}

TEST(Verdicts, TakeAnEdgeFromOneLocationOnly) {
  Verdicts verdicts;
  const Ballots votes{{"d1", ballot("par", false, true)}, {"d2", ballot("nyc", true, true)}};
  verdicts.judge_all(kWorld, votes, {}, kNow);
  EXPECT_FALSE(on(verdicts, "par", "a").healthy());
  EXPECT_TRUE(on(verdicts, "nyc", "a").healthy());
  EXPECT_TRUE(on(verdicts, "", "a").healthy());
  EXPECT_TRUE(on(verdicts, "par", "b").healthy());
}

TEST(Verdicts, CallAnEdgeWithoutVotesHealthyAndSayWhy) {
  Verdicts verdicts;
  verdicts.judge_all(kWorld, {}, {}, kNow);
  EXPECT_TRUE(on(verdicts, "par", "a").healthy());
  EXPECT_EQ(on(verdicts, "par", "a").reason(), "no vantage point reports");
}

TEST(Verdicts, StandWhenNobodyReportsAnyMore) {
  Verdicts verdicts;
  verdicts.judge_all(kWorld, {{"d1", ballot("par", false, true)}}, {}, kNow);
  const auto round = verdicts.judge_all(kWorld, {}, {}, kNow + 1h);
  EXPECT_FALSE(round.news);
  EXPECT_FALSE(on(verdicts, "nyc", "a").healthy());
  EXPECT_TRUE(on(verdicts, "nyc", "b").healthy());
}

TEST(Verdicts, AreNewsWhenTheyDifferOnly) {
  Verdicts verdicts;
  const Ballots up{{"d1", ballot("par", true, true)}};
  const Ballots down{{"d1", ballot("par", false, true)}};
  EXPECT_TRUE(verdicts.judge_all(kWorld, up, {}, kNow).news);
  EXPECT_FALSE(verdicts.judge_all(kWorld, up, {}, kNow + 1s).news);
  const auto round = verdicts.judge_all(kWorld, down, {}, kNow + 2s);
  EXPECT_TRUE(round.news);
  ASSERT_EQ(round.changes.size(), 3u);  // for everybody, from nyc, from par
  EXPECT_EQ(round.changes[0].edge, "a");
  EXPECT_EQ(round.changes[0].location, "");
  EXPECT_FALSE(round.changes[0].healthy);
  EXPECT_EQ(round.changes[0].reason, "1 of 1 vantage points says down (refused)");
  EXPECT_TRUE(verdicts.judge_all({{"b"}, {"par", "nyc"}}, down, {}, kNow + 3s).news);
}

TEST(Verdicts, CarryTheSitesThatAnEdgeCannotServe) {
  Verdicts verdicts;
  const Ballots votes{{"d1", ballot("par", true, true)}};
  const std::map<std::string, EdgeReport> reports{{"a", {{"shop", "www"}, kNow}}};
  EXPECT_TRUE(verdicts.judge_all(kWorld, votes, reports, kNow).news);
  EXPECT_TRUE(on(verdicts, "par", "a").healthy());
  ASSERT_EQ(on(verdicts, "par", "a").unserviceable_sites_size(), 2);
  EXPECT_EQ(on(verdicts, "par", "a").unserviceable_sites(0), "shop");
  EXPECT_EQ(on(verdicts, "par", "b").unserviceable_sites_size(), 0);
  EXPECT_FALSE(verdicts.judge_all(kWorld, votes, reports, kNow + kVoteLife).news);
  EXPECT_TRUE(verdicts.judge_all(kWorld, votes, reports, kNow + kVoteLife + 1ms).news);
  EXPECT_EQ(on(verdicts, "par", "a").unserviceable_sites_size(), 0);
}

TEST(Verdicts, SayWhenARecoveryIsHeldBack) {
  Verdicts verdicts;
  auto now = kNow;
  const auto round = [&](bool up) {
    verdicts.judge_all(kWorld, {{"d1", ballot("par", up, true)}}, {}, now += 1s);
  };
  for (const bool up : {false, true, false, true}) round(up);
  EXPECT_FALSE(on(verdicts, "par", "a").healthy());
  EXPECT_EQ(on(verdicts, "par", "a").reason(),
            "seen up again; counts as healthy after 5s more, because it has failed repeatedly");
}

}  // namespace
}  // namespace meridian::control
