#include "edge-node/protect/limits.h"

#include <gtest/gtest.h>

namespace meridian::edge {
namespace {

TEST(Pace, BytesEarnTime) {
  VisitorLimits limits;
  limits.least_bytes_per_second = 1000;
  limits.pace_grace = std::chrono::seconds(10);
  const Instant start{std::chrono::hours(1)};
  Pace pace(limits, start);
  EXPECT_EQ(pace.deadline(), start + std::chrono::seconds(10));
  pace.moved(5000);
  EXPECT_EQ(pace.deadline(), start + std::chrono::seconds(15));
}

}  // namespace
}  // namespace meridian::edge
