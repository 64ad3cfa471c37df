#include "edge-node/rules/rate_limits.h"

#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace meridian::edge {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

constexpr Instant kStart{std::chrono::hours(1000)};

RatePace pace(std::uint64_t rule, milliseconds each, std::uint32_t burst) {
  return {.rule = rule, .each = each, .burst = burst, .ipv4_length = 24, .ipv6_length = 64};
}
IpAddress address(const char* text) { return *parse_address(text); }

TEST(RateLimits, LetsABurstThroughAndThenOneAtATime) {
  RateLimits limits(1, 64);
  const auto slow = pace(1, milliseconds(100), 3);
  const auto client = address("192.0.2.1");
  for (int i = 0; i < 3; ++i) EXPECT_EQ(limits.ask(slow, client, kStart).count(), 0) << i;
  EXPECT_EQ(limits.ask(slow, client, kStart), milliseconds(100));
  EXPECT_EQ(limits.ask(slow, client, kStart + milliseconds(99)), milliseconds(1));
  EXPECT_EQ(limits.ask(slow, client, kStart + milliseconds(100)).count(), 0);
  EXPECT_EQ(limits.ask(slow, client, kStart + milliseconds(100)), milliseconds(100));
  EXPECT_EQ(limits.ask(slow, client, kStart + milliseconds(1000)).count(), 0);
}

TEST(RateLimits, ABurstMayBeLongerThanTimeItself) {
  RateLimits limits(1, 64);
  const auto generous = pace(1, std::chrono::hours(24), 1'000'000);
  for (int i = 0; i < 100; ++i)
    EXPECT_EQ(limits.ask(generous, address("192.0.2.1"), kStart).count(), 0);
}

TEST(RateLimits, WhatIsRefusedIsNotCounted) {
  RateLimits limits(1, 64);
  const auto slow = pace(1, milliseconds(100), 1);
  const auto client = address("192.0.2.1");
  EXPECT_EQ(limits.ask(slow, client, kStart).count(), 0);
  for (int i = 0; i < 50; ++i) EXPECT_GT(limits.ask(slow, client, kStart).count(), 0);
  EXPECT_EQ(limits.ask(slow, client, kStart + milliseconds(100)).count(), 0);
}

TEST(RateLimits, CountsNetworksAndLimitsApart) {
  RateLimits limits(1, 64);
  const auto one = pace(1, milliseconds(100), 1), other = pace(2, milliseconds(100), 1);
  EXPECT_EQ(limits.ask(one, address("192.0.2.1"), kStart).count(), 0);
  EXPECT_GT(limits.ask(one, address("192.0.2.99"), kStart).count(), 0) << "the same /24";
  EXPECT_EQ(limits.ask(one, address("192.0.3.1"), kStart).count(), 0);
  EXPECT_EQ(limits.ask(other, address("192.0.2.1"), kStart).count(), 0);
  EXPECT_EQ(limits.ask(one, address("2001:db8::1"), kStart).count(), 0);
  EXPECT_GT(limits.ask(one, address("2001:db8::2"), kStart).count(), 0) << "the same /64";
  EXPECT_EQ(limits.ask(one, address("2001:db8:0:1::1"), kStart).count(), 0);
}

TEST(RateLimits, LetsThroughWhomTheyHaveNoPlaceFor) {
  RateLimits limits(1, 4);
  const auto slow = pace(1, milliseconds(100), 1);
  std::vector<IpAddress> clients;
  for (std::uint32_t i = 0; i < 8; ++i) clients.push_back(IpAddress::v4(0xc0000000u + (i << 8)));
  for (const auto& client : clients) EXPECT_EQ(limits.ask(slow, client, kStart).count(), 0);
  EXPECT_EQ(limits.uncounted(), 4u);
  for (std::size_t i = 0; i < 4; ++i) EXPECT_GT(limits.ask(slow, clients[i], kStart).count(), 0);
  // Who has been silent for long enough gives its place away.
  const auto later = kStart + milliseconds(200);
  for (std::size_t i = 4; i < 8; ++i) {
    EXPECT_EQ(limits.ask(slow, clients[i], later).count(), 0);
    EXPECT_GT(limits.ask(slow, clients[i], later).count(), 0);
  }
  EXPECT_EQ(limits.uncounted(), 4u);
}

TEST(RateLimits, ThreadsShareOneCount) {
  RateLimits limits(1);
  const auto strict = pace(1, std::chrono::hours(1), 1000);
  const auto client = address("192.0.2.1");
  limits.ask(strict, client, kStart);
  std::atomic<int> passed{1};
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&] {
      for (int k = 0; k < 1000; ++k)
        if (limits.ask(strict, client, kStart).count() == 0) ++passed;
    });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(passed, 1000);
}

TEST(RateLimits, SendsASecondsWorthAtOnceAndThenAsFastAsItMay) {
  RateLimits limits(1, 64);
  const BytePace slow{.limit = 1, .bytes_per_second = 1000};
  const auto client = address("192.0.2.1");
  EXPECT_EQ(limits.send(slow, client, 600, kStart).count(), 0);
  EXPECT_EQ(limits.send(slow, client, 400, kStart).count(), 0);
  EXPECT_EQ(limits.send(slow, client, 100, kStart), milliseconds(100));
  EXPECT_EQ(limits.send(slow, client, 100, kStart), milliseconds(200));  // by another connection
  EXPECT_EQ(limits.send(slow, address("192.0.2.2"), 1000, kStart).count(), 0);
  const auto later = kStart + milliseconds(700);
  EXPECT_EQ(limits.send(slow, client, 500, later).count(), 0);
  EXPECT_EQ(limits.send(slow, client, 1, later), milliseconds(1));
}

}  // namespace
}  // namespace meridian::edge
