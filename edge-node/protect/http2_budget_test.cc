#include "edge-node/protect/http2_budget.h"

#include <gtest/gtest.h>

namespace meridian::edge {
namespace {

using std::chrono::seconds;

TEST(Http2Budget, ABurstOfResetsIsTheEndAndAFewAreNot) {
  const Instant start{};
  Http2Budget budget(start);
  EXPECT_TRUE(budget.spend(200, 0, start));
  EXPECT_FALSE(budget.spend(1, 0, start));
}

TEST(Http2Budget, IsEarnedAgainOverTime) {
  const Instant start{};
  Http2Budget budget(start);
  EXPECT_TRUE(budget.spend(200, 2000, start));
  EXPECT_TRUE(budget.spend(20, 200, start + seconds(1)));
  EXPECT_FALSE(budget.spend(0, 201, start + seconds(2)));
}

TEST(Http2Budget, RestDoesNotPileItUp) {
  const Instant start{};
  Http2Budget budget(start);
  EXPECT_TRUE(budget.spend(1, 1, start + seconds(1000)));
  EXPECT_FALSE(budget.spend(200, 0, start + seconds(1000)));
}

}  // namespace
}  // namespace meridian::edge
