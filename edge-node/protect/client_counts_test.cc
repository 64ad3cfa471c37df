#include "edge-node/protect/client_counts.h"

#include <map>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace meridian::edge {
namespace {

IpAddress address(const std::string& text) { return *parse_address(text); }

TEST(ClientCounts, LetsAClientHoldAsManyAsItMay) {
  ClientCounts counts(1);
  const ClientBound bound{.id = 7, .most = 2};
  auto first = counts.take(bound, address("192.0.2.1"));
  const auto second = counts.take(bound, address("192.0.2.1"));
  EXPECT_TRUE(first && second);
  EXPECT_FALSE(counts.take(bound, address("192.0.2.1")));
  EXPECT_TRUE(counts.take(bound, address("192.0.2.2")));
  first.reset();
  EXPECT_TRUE(counts.take(bound, address("192.0.2.1")));
}

TEST(ClientCounts, TellsClientsApartByTheirNetworks) {
  ClientCounts counts(1);
  const ClientBound bound{.id = 7, .most = 1, .ipv4_length = 24, .ipv6_length = 48};
  const auto four = counts.take(bound, address("192.0.2.1"));
  EXPECT_FALSE(counts.take(bound, address("192.0.2.200")));
  EXPECT_TRUE(counts.take(bound, address("192.0.3.1")));
  const auto six = counts.take(bound, address("2001:db8:1:2::3"));
  EXPECT_FALSE(counts.take(bound, address("2001:db8:1:9::9")));
  EXPECT_TRUE(counts.take(bound, address("2001:db8:2::1")));
}

TEST(ClientCounts, CountsEachKindForItself) {
  ClientCounts counts(1);
  const auto one = counts.take({.id = 1, .most = 1}, address("192.0.2.1"));
  EXPECT_TRUE(counts.take({.id = 2, .most = 1}, address("192.0.2.1")));
  EXPECT_FALSE(counts.take({.id = 1, .most = 1}, address("192.0.2.1")));
}

TEST(ClientCounts, LetsThroughWhomItHasNoPlaceFor) {
  ClientCounts counts(1, 8);
  const ClientBound bound{.id = 7, .most = 1};
  std::vector<ClientCounts::Held> held;
  for (int i = 0; i < 20; ++i)
    held.push_back(*counts.take(bound, address("192.0.2." + std::to_string(i))));
  EXPECT_EQ(counts.uncounted(), 12u);
  held.clear();
  EXPECT_TRUE(counts.take(bound, address("198.51.100.1")));
  EXPECT_EQ(counts.uncounted(), 12u);
}

TEST(ClientCounts, IsAMapOfNumbersThatForgetsZeroes) {
  std::mt19937_64 random(3);
  ClientCounts counts(random());
  std::map<std::string, std::vector<ClientCounts::Held>> model;
  const ClientBound bound{.id = 7, .most = 5};
  for (int i = 0; i < 20'000; ++i) {
    const auto client = "198.51.100." + std::to_string(random() % 200);
    auto& held = model[client];
    if (random() % 2 && !held.empty()) {
      held.pop_back();
      continue;
    }
    auto taken = counts.take(bound, address(client));
    ASSERT_EQ(taken.has_value(), held.size() < bound.most);
    if (taken) held.push_back(std::move(*taken));
  }
  EXPECT_EQ(counts.uncounted(), 0u);
}

TEST(ClientCounts, LosesNothingBetweenThreads) {
  ClientCounts counts(1);
  const ClientBound bound{.id = 7, .most = 3};
  std::atomic<int> holding{0}, most{0};
  const auto run = [&] {
    for (int i = 0; i < 50'000; ++i) {
      const auto held = counts.take(bound, address("192.0.2.1"));
      if (!held) continue;
      const int now = ++holding;
      for (int seen = most; seen < now && !most.compare_exchange_weak(seen, now);) {
      }
      --holding;
    }
  };
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) threads.emplace_back(run);
  for (auto& thread : threads) thread.join();
  EXPECT_LE(most, 3);
  std::vector<ClientCounts::Held> all;
  for (int i = 0; i < 3; ++i) all.push_back(*counts.take(bound, address("192.0.2.1")));
  EXPECT_FALSE(counts.take(bound, address("192.0.2.1")));
}

}  // namespace
}  // namespace meridian::edge
