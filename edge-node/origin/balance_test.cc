#include "edge-node/origin/balance.h"

#include <map>

#include <gtest/gtest.h>

#include "edge-node/origin/rise_fall.h"

namespace meridian::edge {
namespace {

OriginPool pool_of(std::initializer_list<bool> ups) {
  OriginPool pool;
  for (const bool up : ups) {
    auto origin = std::make_shared<Origin>();
    origin->host = std::string(1, static_cast<char>('a' + pool.origins.size()));
    origin->up = up;
    pool.origins.push_back(std::move(origin));
  }
  return pool;
}

TEST(Candidates, AreThoseThatAreUpEachOnce) {
  const auto pool = pool_of({true, false, true});
  Candidates candidates(pool, 1);
  EXPECT_EQ(candidates.next()->host, "c");
  EXPECT_EQ(candidates.next()->host, "a");
  EXPECT_EQ(candidates.next(), nullptr);
  EXPECT_FALSE(is_down(pool));
}

TEST(Candidates, BeginEquallyOftenWithEach) {
  const auto pool = pool_of({true, false, true, true});
  std::map<std::string, int> first;
  for (std::uint64_t turn = 0; turn < 300; ++turn) ++first[Candidates(pool, turn).next()->host];
  EXPECT_EQ(first, (std::map<std::string, int>{{"a", 100}, {"c", 100}, {"d", 100}}));
}

TEST(Candidates, AreNoneWhenAllAreDown) {
  const auto pool = pool_of({false, false});
  EXPECT_EQ(Candidates(pool, 7).next(), nullptr);
  EXPECT_TRUE(is_down(pool));
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
