#include "edge-node/cache/eviction.h"

#include <list>
#include <random>
#include <vector>

#include <gtest/gtest.h>

namespace meridian::edge {
namespace {

TEST(Sieve, EvictsTheOldestThatWasNotAskedForAgain) {
  Sieve sieve;
  std::vector<SieveHook> hooks(3);
  for (auto& hook : hooks) sieve.insert(hook);
  sieve.touch(hooks[0]);
  EXPECT_EQ(sieve.victim(), &hooks[1]);
  sieve.erase(hooks[1]);
  EXPECT_EQ(sieve.victim(), &hooks[2]);
  sieve.erase(hooks[2]);
  EXPECT_EQ(sieve.victim(), &hooks[0]);
  sieve.erase(hooks[0]);
  EXPECT_EQ(sieve.victim(), nullptr);
}

// As the paper says it, over a plain list.
class SlowSieve {
 public:
  void insert(int item) { items_.push_front({item, false}); }
  void touch(int item) {
    for (auto& [value, visited] : items_)
      if (value == item) visited = true;
  }
  void erase(int item) {
    for (auto it = items_.begin(); it != items_.end(); ++it) {
      if (it->first != item) continue;
      if (hand_ == it) hand_ = it == items_.begin() ? items_.end() : std::prev(it);
      items_.erase(it);
      return;
    }
  }
  int victim() {
    if (hand_ == items_.end()) hand_ = std::prev(items_.end());
    while (hand_->second) {
      hand_->second = false;
      hand_ = hand_ == items_.begin() ? std::prev(items_.end()) : std::prev(hand_);
    }
    return hand_->first;
  }

 private:
  std::list<std::pair<int, bool>> items_;
  std::list<std::pair<int, bool>>::iterator hand_ = items_.end();
};

TEST(Sieve, AgreesWithTheSlowOne) {
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    SCOPED_TRACE(::testing::Message() << "seed " << seed);
    std::mt19937_64 random(seed);
    std::vector<SieveHook> hooks(40);
    Sieve sieve;
    SlowSieve slow;
    for (int step = 0; step < 1000; ++step) {
      const int i = static_cast<int>(random() % hooks.size());
      auto& hook = hooks[static_cast<std::size_t>(i)];
      if (!hook.linked()) {
        sieve.insert(hook);
        slow.insert(i);
      } else if (random() % 3 > 0) {
        sieve.touch(hook);
        slow.touch(i);
      } else if (random() % 2 > 0) {
        sieve.erase(hook);
        slow.erase(i);
      } else {
        const int victim = slow.victim();
        ASSERT_EQ(sieve.victim(), &hooks[static_cast<std::size_t>(victim)]);
        sieve.erase(hooks[static_cast<std::size_t>(victim)]);
        slow.erase(victim);
      }
    }
  }
}

}  // namespace
}  // namespace meridian::edge
