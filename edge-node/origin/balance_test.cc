#include "edge-node/origin/balance.h"

#include <map>

#include <gtest/gtest.h>

#include "edge-node/origin/rise_fall.h"

namespace meridian::edge {
namespace {

constexpr Instant kNow{std::chrono::seconds(1000)};

OriginPool pool_of(std::initializer_list<bool> ups) {
  OriginPool pool;
  for (const bool up : ups) {
    auto origin = std::make_shared<Origin>();
    origin->host = std::string(1, static_cast<char>('a' + pool.origins.size()));
    origin->up = up;
    pool.origins.push_back(std::move(origin));
    pool.shares.emplace_back();
  }
  return pool;
}

std::string next(const OriginPool& pool, Candidates& candidates) {
  const auto choice = candidates.next(kNow, 0);
  return choice ? pool.origins[choice->index]->host : "none";
}

std::string first(const OriginPool& pool) {
  Candidates candidates(pool, 0, std::nullopt);
  return next(pool, candidates);
}

TEST(Candidates, AreThoseThatAreUpEachOnce) {
  const auto pool = pool_of({true, false, true});
  Candidates candidates(pool, 0, std::nullopt);
  EXPECT_EQ(next(pool, candidates), "a");
  EXPECT_EQ(next(pool, candidates), "c");
  EXPECT_EQ(next(pool, candidates), "none");
  EXPECT_FALSE(is_down(pool));
}

TEST(Candidates, BeginEquallyOftenWithEach) {
  const auto pool = pool_of({true, false, true, true});
  std::map<std::string, int> counts;
  for (int turn = 0; turn < 300; ++turn) ++counts[first(pool)];
  EXPECT_EQ(counts, (std::map<std::string, int>{{"a", 100}, {"c", 100}, {"d", 100}}));
}

TEST(Candidates, AreAllWhenAllAreDown) {
  const auto pool = pool_of({false, false});
  Candidates candidates(pool, 0, std::nullopt);
  EXPECT_TRUE(candidates.next(kNow, 0)->panic);
  EXPECT_TRUE(candidates.next(kNow, 0)->panic);
  EXPECT_FALSE(candidates.next(kNow, 0));
  EXPECT_TRUE(is_down(pool));
}

TEST(Candidates, WhoFailsRequestsIsLeftOutForATime) {
  const auto pool = pool_of({true, true, true});
  for (int i = 0; i < 5; ++i) note_failure(pool, 1, kNow);
  EXPECT_EQ(pool.state->ejections.load(), 1u);
  for (int i = 0; i < 9; ++i) EXPECT_NE(first(pool), "b");
  EXPECT_FALSE(pool.origins[1]->ejection.is_ejected(kNow + std::chrono::seconds(10)));
  // A second one of three would be more than half.
  for (int i = 0; i < 50; ++i) note_failure(pool, 2, kNow);
  EXPECT_EQ(pool.state->ejections.load(), 1u);
}

TEST(Candidates, TheLastOneIsNeverEjected) {
  auto pool = pool_of({true, false});
  pool.ejection.max_percent = 100;
  for (int i = 0; i < 50; ++i) note_failure(pool, 0, kNow);
  EXPECT_EQ(first(pool), "a");
}

TEST(Candidates, WhoComesBackStartsSlowly) {
  auto pool = pool_of({true, true});
  pool.slow_start = std::chrono::seconds(100);
  pool.origins[1]->up_since = (kNow - std::chrono::seconds(25)).time_since_epoch().count();
  std::map<std::string, int> counts;
  for (int i = 0; i < 1000; ++i) ++counts[first(pool)];
  EXPECT_NEAR(counts["b"], 200, 2);
}

TEST(RiseFall, TurnsOnlyAfterSoManyInARow) {
  const RiseFall::Limits limits{.rise = 3, .fall = 2};
  RiseFall health(true);
  EXPECT_FALSE(health.observe(false, limits));
  EXPECT_FALSE(health.observe(true, limits));
  EXPECT_FALSE(health.observe(false, limits));
  EXPECT_TRUE(health.observe(false, limits));
  EXPECT_FALSE(health.up());
  EXPECT_FALSE(health.observe(true, limits));
  EXPECT_FALSE(health.observe(true, limits));
  EXPECT_TRUE(health.observe(true, limits));
  EXPECT_TRUE(health.up());
}

}  // namespace
}  // namespace meridian::edge
