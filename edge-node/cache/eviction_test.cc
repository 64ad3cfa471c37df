#include "edge-node/cache/eviction.h"

#include <list>
#include <map>
#include <random>
#include <vector>

#include <gtest/gtest.h>

namespace meridian::edge {
namespace {

struct Item : EvictionHook {
  int number = 0;
};

int number_of(EvictionHook* hook) { return hook ? static_cast<Item*>(hook)->number : -1; }

class EvictionOrderTest : public ::testing::Test {
 protected:
  EvictionOrderTest() {
    for (std::size_t i = 0; i < items_.size(); ++i) items_[i].number = static_cast<int>(i);
  }
  static std::uint64_t hash(std::uint64_t number) { return (number + 1) * 0x9e3779b97f4a7c15; }
  void insert(std::size_t i, std::uint64_t bytes = 1) { order_.insert(items_[i], hash(i), bytes); }

  std::vector<Item> items_{50};
  EvictionOrder order_{100};
};

TEST_F(EvictionOrderTest, WhatIsNotAskedForAgainLeavesFirst) {
  for (std::size_t i = 0; i < 4; ++i) insert(i, 10);
  for (int times = 0; times < 2; ++times) order_.touch(items_[0]);
  EXPECT_EQ(number_of(order_.evict(nullptr)), 1);
  EXPECT_EQ(number_of(order_.evict(nullptr)), 2);
  EXPECT_EQ(number_of(order_.evict(nullptr)), 3);
  EXPECT_EQ(number_of(order_.evict(nullptr)), 0);
  EXPECT_EQ(order_.evict(nullptr), nullptr);
}

TEST_F(EvictionOrderTest, WhoComesBackSoonIsSparedByAScan) {
  insert(0, 10);
  EXPECT_EQ(number_of(order_.evict(nullptr)), 0);
  insert(0, 10);
  for (std::size_t i = 1; i < 40; ++i) {
    insert(i, 10);
    EXPECT_EQ(number_of(order_.evict(nullptr)), static_cast<int>(i));
  }
}

TEST_F(EvictionOrderTest, ALargeOneHasToBeWorthAllWhomItDisplaces) {
  for (std::size_t i = 0; i < 20; ++i) {
    order_.asked(hash(i));
    insert(i, 5);
  }
  Contender large{.hash = hash(100)};
  order_.asked(large.hash);
  order_.asked(large.hash);
  EXPECT_NE(order_.evict(&large), nullptr);
  EXPECT_NE(order_.evict(&large), nullptr);
  EXPECT_EQ(order_.evict(&large), nullptr);
  EXPECT_TRUE(large.refused);
}

TEST(FrequencySketch, ForgetsInTime) {
  FrequencySketch sketch(1024);
  for (int i = 0; i < 10; ++i) sketch.add(7);
  EXPECT_GE(sketch.estimate(7), 8u);
  for (std::uint64_t i = 0; i < 20'000; ++i) sketch.add(i * 0x9e3779b97f4a7c15);
  EXPECT_LT(sketch.estimate(7), 8u);
  EXPECT_LE(sketch.estimate(7), 15u);
}

// The rule over plain lists.
class SlowOrder {
 public:
  struct Entry {
    int number;
    std::uint64_t bytes;
    int visits;
  };
  void insert(int number, std::uint64_t bytes) {
    auto& to = known_[number] ? main_ : small_;
    known_[number] = false;
    to.push_front({number, bytes, 0});
  }
  void touch(int number) {
    for (auto* list : {&small_, &main_})
      for (auto& entry : *list)
        if (entry.number == number) entry.visits = std::min(entry.visits + 1, 3);
  }
  void erase(int number) {
    for (auto* list : {&small_, &main_})
      std::erase_if(*list, [&](const Entry& entry) { return entry.number == number; });
  }
  int evict() {
    for (;;) {
      std::uint64_t bytes = 0;
      for (const auto& entry : small_) bytes += entry.bytes;
      const bool newcomer = !small_.empty() && (bytes * 10 >= 100 || main_.empty());
      auto& from = newcomer ? small_ : main_;
      if (from.empty()) return -1;
      Entry entry = from.back();
      from.pop_back();
      if (entry.visits <= (newcomer ? 1 : 0)) {
        if (newcomer) known_[entry.number] = true;
        return entry.number;
      }
      entry.visits = newcomer ? 0 : entry.visits - 1;
      main_.push_front(entry);
    }
  }

 private:
  std::list<Entry> small_, main_;
  std::map<int, bool> known_;
};

TEST(EvictionOrder, AgreesWithTheSlowOne) {
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    SCOPED_TRACE(::testing::Message() << "seed " << seed);
    std::mt19937_64 random(seed);
    std::vector<Item> items(40);
    EvictionOrder order(100);
    SlowOrder slow;
    for (int step = 0; step < 1000; ++step) {
      const auto i = random() % items.size();
      items[i].number = static_cast<int>(i);
      const auto bytes = 1 + random() % 9;
      if (!items[i].linked()) {
        order.insert(items[i], i << 33 | i, bytes);  // no two meet as ghosts
        slow.insert(static_cast<int>(i), bytes);
      } else if (random() % 3 > 0) {
        order.touch(items[i]);
        slow.touch(static_cast<int>(i));
      } else if (random() % 2 > 0) {
        order.erase(items[i]);
        slow.erase(static_cast<int>(i));
      } else {
        ASSERT_EQ(number_of(order.evict(nullptr)), slow.evict());
      }
    }
  }
}

}  // namespace
}  // namespace meridian::edge
