#include "edge-node/protect/limits.h"

#include <gtest/gtest.h>

namespace meridian::edge {
namespace {

TEST(Pace, BytesEarnTime) {
  VisitorLimits limits;
  limits.least_bytes_per_second = 1000;
  limits.pace_grace = std::chrono::seconds(10);
  const Instant start{std::chrono::hours(1)};
  Pace pace(limits);
  EXPECT_EQ(pace.deadline(start), start + std::chrono::seconds(10));
  pace.moved(5000);
  EXPECT_EQ(pace.deadline(start), start + std::chrono::seconds(15));
}

// An answer that comes slowly from the origin is no fault of who waits for it.
TEST(Pace, OnlyTheTimeThatTheVisitorWasWaitedForCounts) {
  VisitorLimits limits;
  limits.least_bytes_per_second = 1000;
  limits.pace_grace = std::chrono::seconds(10);
  const Instant later{std::chrono::hours(2)};
  Pace pace(limits);
  pace.waited(std::chrono::seconds(4));
  EXPECT_EQ(pace.deadline(later), later + std::chrono::seconds(6));
  pace.waited(std::chrono::seconds(8));
  EXPECT_LT(pace.deadline(later), later);
}

}  // namespace
}  // namespace meridian::edge
