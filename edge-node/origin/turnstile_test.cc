#include "edge-node/origin/turnstile.h"

#include <algorithm>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace meridian::edge {
namespace {

TEST(Turnstile, NeverLetsMoreInThanTheLimitWhateverTheThreads) {
  Turnstile turnstile;
  std::atomic<std::uint32_t> most_seen{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&] {
      for (int i = 0; i < 20'000; ++i) {
        if (!turnstile.try_enter(3)) continue;
        const auto now = turnstile.inside();
        auto seen = most_seen.load();
        while (seen < now && !most_seen.compare_exchange_weak(seen, now)) {
        }
        turnstile.leave();
      }
    });
  for (auto& thread : threads) thread.join();
  EXPECT_LE(most_seen.load(), 3u);
  EXPECT_EQ(turnstile.inside(), 0u);
}

TEST(Turnstile, WithoutALimitCountsAndLetsEverybodyIn) {
  Turnstile turnstile;
  for (int i = 0; i < 1000; ++i) EXPECT_TRUE(turnstile.try_enter(0));
  EXPECT_EQ(turnstile.inside(), 1000u);
}

TEST(Turnstile, TheQueueIsBounded) {
  Turnstile turnstile;
  EXPECT_FALSE(turnstile.try_queue(0));
  EXPECT_TRUE(turnstile.try_queue(2));
  EXPECT_TRUE(turnstile.try_queue(2));
  EXPECT_FALSE(turnstile.try_queue(2));
  turnstile.leave_queue();
  EXPECT_TRUE(turnstile.try_queue(2));
}

TEST(Turnstile, EveryWorkerThatWaitsGetsItsTurn) {
  Turnstile turnstile;
  EXPECT_FALSE(turnstile.next_worker());
  for (const unsigned worker : {1u, 5u, 63u}) turnstile.announce(worker);
  std::vector<unsigned> told;
  for (unsigned i = 0; i < Turnstile::kWorkers; ++i) told.push_back(*turnstile.next_worker());
  for (const unsigned worker : {1u, 5u, 63u})
    EXPECT_TRUE(std::find(told.begin(), told.end(), worker) != told.end()) << worker;
  turnstile.withdraw(5);
  for (unsigned i = 0; i < Turnstile::kWorkers; ++i) EXPECT_NE(*turnstile.next_worker(), 5u);
}

}  // namespace
}  // namespace meridian::edge
