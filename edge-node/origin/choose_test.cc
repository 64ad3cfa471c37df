#include "edge-node/origin/choose.h"

#include <map>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace meridian::edge {
namespace {

class Pool {
 public:
  explicit Pool(std::vector<std::uint32_t> weights) : credits_(weights.size()) {
    for (std::size_t i = 0; i < weights.size(); ++i) {
      const std::string name = "origin-" + std::to_string(i);
      Standing standing;
      standing.weight = weights[i];
      standing.hash = hash_of(name);
      standing.credit = &credits_[i];
      origins.push_back(standing);
    }
  }
  std::size_t pick(const Selection& how = {}) { return choose(origins, how)->index; }

  std::vector<Standing> origins;

 private:
  std::vector<std::atomic<std::int64_t>> credits_;
};

TEST(Choose, TurnsAreSmoothAndByWeight) {
  Pool pool({3, 1, 1});
  std::string turns;
  for (int i = 0; i < 10; ++i) turns += static_cast<char>('a' + pool.pick());
  EXPECT_EQ(turns, "abacaabaca");
}

TEST(Choose, TheNeighbourOfADeadOneGetsNoDoubleShare) {
  Pool pool({1, 1, 1});
  for (int i = 0; i < 7; ++i) (void)pool.pick();
  pool.origins[1].usable = false;
  std::map<std::size_t, int> counts;
  for (int i = 0; i < 100; ++i) ++counts[pool.pick()];
  EXPECT_EQ(counts[1], 0);
  EXPECT_NEAR(counts[0], 50, 2);
  EXPECT_NEAR(counts[2], 50, 2);
}

TEST(Choose, BackupsServeOnlyWhenNoPrimaryCan) {
  Pool pool({1, 1, 1});
  pool.origins[1].tier = pool.origins[2].tier = 1;
  for (int i = 0; i < 5; ++i) EXPECT_EQ(pool.pick(), 0u);
  pool.origins[0].usable = false;
  std::map<std::size_t, int> counts;
  for (int i = 0; i < 10; ++i) ++counts[pool.pick()];
  EXPECT_EQ(counts[1], 5);
  EXPECT_EQ(counts[2], 5);
}

TEST(Choose, ARetryGoesToAnotherOriginAlsoOfAnotherTierAndThenEnds) {
  Pool pool({1, 1});
  pool.origins[1].tier = 1;
  pool.origins[0].tried = true;
  EXPECT_EQ(pool.pick(), 1u);
  pool.origins[1].tried = true;
  EXPECT_FALSE(choose(pool.origins, {}));
}

TEST(Choose, WhoHasRoomComesBeforeWhoIsFullButNotBackups) {
  Pool pool({1, 1, 1});
  pool.origins[2].tier = 1;
  pool.origins[0].crowded = true;
  for (int i = 0; i < 4; ++i) EXPECT_EQ(pool.pick(), 1u);
  pool.origins[1].crowded = true;
  for (int i = 0; i < 4; ++i) EXPECT_LT(pool.pick(), 2u);
}

TEST(Choose, TriesOneAnywayWhenAllAreDown) {
  Pool pool({1, 1});
  for (auto& origin : pool.origins) origin.usable = false;
  const auto first = choose(pool.origins, {});
  ASSERT_TRUE(first);
  EXPECT_TRUE(first->panic);
  pool.origins[first->index].tried = true;
  EXPECT_NE(choose(pool.origins, {})->index, first->index);
  // But a pool that has a usable one does not fall back to its dead ones.
  pool.origins[first->index].usable = true;
  EXPECT_FALSE(choose(pool.origins, {}));
}

TEST(Choose, AVisitorStaysWithItsOriginAsLongAsThatIsUsable) {
  Pool pool({1, 1, 1});
  pool.origins[2].tier = 3;
  for (int i = 0; i < 5; ++i) EXPECT_EQ(pool.pick({.sticky = 2}), 2u);
  pool.origins[2].usable = false;
  EXPECT_NE(pool.pick({.sticky = 2}), 2u);
  EXPECT_NE(pool.pick({.sticky = 17}), 2u);
}

TEST(Choose, LeastRequestAvoidsTheBusyAndFollowsWeights) {
  Pool pool({1, 1, 2});
  pool.origins[0].in_flight = 50;
  std::mt19937_64 random(1);
  std::map<std::size_t, int> counts;
  for (int i = 0; i < 3000; ++i)
    ++counts[pool.pick({.method = BalanceMethod::least_request, .random = random()})];
  EXPECT_EQ(counts[0], 0);  // whoever is drawn with it has less to do
  pool.origins[0].in_flight = 0;
  counts.clear();
  for (int i = 0; i < 4000; ++i) {
    const auto index = pool.pick({.method = BalanceMethod::least_request, .random = random()});
    ++counts[index];
    ++pool.origins[index].in_flight;  // nothing ever ends: the counts must follow the weights
  }
  EXPECT_NEAR(counts[2], 2000, 20);
  EXPECT_NEAR(counts[0], 1000, 20);
}

TEST(Choose, AKeyStaysAndTheLossOfOneMovesItsOwnKeysOnly) {
  Pool pool({1, 1, 2});
  std::map<std::uint64_t, std::size_t> before;
  std::map<std::size_t, int> counts;
  for (std::uint64_t key = 0; key < 4000; ++key) {
    const auto text = std::to_string(key);
    const Selection how{.method = BalanceMethod::consistent_hash, .key = hash_of(text)};
    before[how.key] = pool.pick(how);
    ++counts[before[how.key]];
    EXPECT_EQ(pool.pick(how), before[how.key]);
  }
  EXPECT_NEAR(counts[2], 2000, 150);
  pool.origins[1].usable = false;
  for (const auto& [key, index] : before) {
    const auto now = pool.pick({.method = BalanceMethod::consistent_hash, .key = key});
    if (index == 1)
      EXPECT_NE(now, 1u);
    else
      EXPECT_EQ(now, index);
  }
}

TEST(Choose, OneKeyOverloadsNobody) {
  Pool pool({1, 1, 1, 1});
  for (int i = 0; i < 400; ++i)
    ++pool.origins[pool.pick({.method = BalanceMethod::consistent_hash, .key = 7})].in_flight;
  for (const auto& origin : pool.origins) EXPECT_LE(origin.in_flight, 126u);
}

TEST(Choose, WhoStartsSlowlyGetsItsShareOnly) {
  Pool pool({1, 1});
  pool.origins[1].share = 0.25;
  std::map<std::size_t, int> counts;
  for (int i = 0; i < 1000; ++i) ++counts[pool.pick()];
  EXPECT_NEAR(counts[1], 200, 2);
}

// Whatever the method and the state, a choice is one that may be made.
TEST(Choose, NeverPicksWhomItMustNot) {
  std::mt19937_64 random(5);
  for (int round = 0; round < 20'000; ++round) {
    Pool pool(std::vector<std::uint32_t>(1 + random() % 5, 1));
    bool any_usable = false, any_left = false;
    for (auto& origin : pool.origins) {
      origin.weight = 1 + static_cast<std::uint32_t>(random() % 1000);
      origin.tier = static_cast<std::uint32_t>(random() % 3);
      origin.usable = random() % 2 == 0;
      origin.tried = random() % 3 == 0;
      origin.in_flight = static_cast<std::uint32_t>(random() % 10);
      origin.share = random() % 2 == 0 ? 1.0 : 0.1;
      any_usable = any_usable || origin.usable;
    }
    std::uint32_t lowest = 99;
    for (const auto& origin : pool.origins)
      if (!origin.tried && (origin.usable || !any_usable)) {
        any_left = true;
        lowest = std::min(lowest, origin.tier);
      }
    const auto choice = choose(
        pool.origins,
        {.method = static_cast<BalanceMethod>(random() % 3), .key = random(), .random = random()});
    ASSERT_EQ(choice.has_value(), any_left);
    if (!choice) continue;
    const auto& chosen = pool.origins[choice->index];
    ASSERT_FALSE(chosen.tried);
    ASSERT_TRUE(chosen.usable || !any_usable);
    ASSERT_EQ(chosen.tier, lowest);
    ASSERT_EQ(choice->panic, !any_usable);
  }
}

}  // namespace
}  // namespace meridian::edge
