#include "edge-node/origin/http2_resets.h"

#include <gtest/gtest.h>

namespace meridian::edge {
namespace {

using std::chrono::seconds;

/// So many at once are let through.
int burst(Http2Resets& resets, Instant now) {
  int passed = 0;
  while (passed < 1000 && resets.count(now)) ++passed;
  return passed;
}

TEST(Http2Resets, ABurstIsBounded) {
  const Instant start{};
  Http2Resets resets(start);
  EXPECT_EQ(burst(resets, start), 100);
}

TEST(Http2Resets, AFewEachSecondGoOnForever) {
  const Instant start{};
  Http2Resets resets(start);
  for (int second = 1; second <= 1000; ++second)
    for (int i = 0; i < 10; ++i) EXPECT_TRUE(resets.count(start + seconds(second)));
}

TEST(Http2Resets, RestDoesNotPileThemUp) {
  const Instant start{};
  Http2Resets resets(start);
  EXPECT_EQ(burst(resets, start + seconds(1000)), 100);
}

}  // namespace
}  // namespace meridian::edge
