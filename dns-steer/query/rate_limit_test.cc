#include "dns-steer/query/rate_limit.h"

#include <random>

#include <gtest/gtest.h>

namespace meridian::dns {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

const IpAddress kClient = IpAddress::v4(0xc0000201);
const IpAddress kNeighbour = IpAddress::v4(0xc00002fe);  // in the same /24
const IpAddress kStranger = IpAddress::v4(0xc0000301);
constexpr Instant kStart{seconds(1000)};

RateLimits ten_a_second() { return {.interval = milliseconds(100), .slip = 2, .exempt = {}}; }

int sent_of(RateLimiter& limiter, int answers, const IpAddress& client = kClient,
            AnswerKind kind = AnswerKind::positive, Instant now = kStart) {
  int sent = 0;
  for (int i = 0; i < answers; ++i)
    sent += limiter.admit(ten_a_second(), client, kind, now).what == Admission::send ? 1 : 0;
  return sent;
}

TEST(RateLimiter, LetsASecondsWorthThroughAtOnce) {
  RateLimiter limiter(1);
  EXPECT_EQ(sent_of(limiter, 100), 10);
  EXPECT_EQ(sent_of(limiter, 100, kClient, AnswerKind::positive, kStart + milliseconds(500)), 5);
  EXPECT_EQ(sent_of(limiter, 100, kClient, AnswerKind::positive, kStart + seconds(60)), 10);
}

TEST(RateLimiter, CountsNetworksAndKindsApart) {
  RateLimiter limiter(1);
  EXPECT_EQ(sent_of(limiter, 100), 10);
  EXPECT_EQ(sent_of(limiter, 100, kNeighbour), 0);
  EXPECT_EQ(sent_of(limiter, 100, kStranger), 10);
  EXPECT_EQ(sent_of(limiter, 100, kClient, AnswerKind::no_name), 10);
  const auto v6 = [](const char* text) { return parse_address(text).value(); };
  EXPECT_EQ(sent_of(limiter, 100, v6("2001:db8:0:1::1")), 10);
  EXPECT_EQ(sent_of(limiter, 100, v6("2001:db8:0:ff::1")), 0) << "the same /56";
  EXPECT_EQ(sent_of(limiter, 100, v6("2001:db8:0:100::1")), 10);
}

TEST(RateLimiter, SendsEverySlipthAnswerTruncated) {
  for (const std::uint32_t slip : {0u, 1u, 2u, 3u}) {
    RateLimiter limiter(1);
    (void)sent_of(limiter, 10);
    auto limits = ten_a_second();
    limits.slip = slip;
    int truncated = 0;
    for (int i = 0; i < 12; ++i) {
      const auto what = limiter.admit(limits, kClient, AnswerKind::positive, kStart).what;
      EXPECT_NE(what, Admission::send);
      truncated += what == Admission::truncate ? 1 : 0;
    }
    EXPECT_EQ(truncated, slip == 0 ? 0 : 12 / static_cast<int>(slip));
  }
}

TEST(RateLimiter, LeavesTheExemptAlone) {
  RateLimiter limiter(1);
  auto limits = ten_a_second();
  limits.exempt = {parse_prefix("192.0.2.0/24").value()};
  for (int i = 0; i < 100; ++i)
    EXPECT_EQ(limiter.admit(limits, kClient, AnswerKind::positive, kStart).what, Admission::send);
}

TEST(RateLimiter, ForgetsTheQuietestWhenItIsFullAndSaysSo) {
  RateLimiter limiter(1, 64);
  bool evicted = false;
  for (std::uint32_t i = 0; i < 1000; ++i)
    evicted |= limiter
                   .admit(ten_a_second(), IpAddress::v4(i << 8), AnswerKind::positive,
                          kStart + milliseconds(i / 100))
                   .evicted;
  EXPECT_TRUE(evicted);
  RateLimiter quiet(1, 64);
  for (std::uint32_t i = 0; i < 1000; ++i)
    EXPECT_FALSE(
        quiet
            .admit(ten_a_second(), IpAddress::v4(i << 8), AnswerKind::positive, kStart + seconds(i))
            .evicted);
}

// Each network gets what a bucket of its own would give, while the table has room.
TEST(RateLimiter, AgreesWithABucketForEachNetwork) {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    std::mt19937_64 random(seed);
    RateLimiter limiter(random());
    std::array<double, 8> tokens;
    tokens.fill(10.0);
    std::array<Instant, 8> filled;
    auto now = kStart;
    filled.fill(now);
    for (int i = 0; i < 2000; ++i) {
      now += milliseconds(random() % 30);
      const auto n = random() % 8;
      const std::chrono::duration<double> passed = now - filled[n];
      tokens[n] = std::min(10.0, tokens[n] + passed.count() * 10);
      filled[n] = now;
      const bool send = tokens[n] > 1 - 1e-6;
      if (send) tokens[n] -= 1;
      const auto client = IpAddress::v4(static_cast<std::uint32_t>(n << 8 | random() % 256));
      ASSERT_EQ(
          limiter.admit(ten_a_second(), client, AnswerKind::positive, now).what == Admission::send,
          send);
    }
  }
}

}  // namespace
}  // namespace meridian::dns
