#include "edge-node/cache/refill_period.h"

#include <gtest/gtest.h>

namespace meridian::edge {
namespace {

using std::chrono::seconds;

TEST(RefillPeriod, FollowsEachPurgeOfManyResponses) {
  const Instant start{seconds(1000)};
  RefillPeriod period;
  EXPECT_FALSE(period.holds(1, start));
  period.begin({.kind = PurgeKind::url, .site = 1, .name = 7}, start);
  EXPECT_FALSE(period.holds(1, start));
  for (const auto kind : {PurgeKind::tag, PurgeKind::prefix, PurgeKind::site})
    period.begin({.kind = kind, .site = 1, .name = 7}, start);
  EXPECT_TRUE(period.holds(1, start));
  EXPECT_FALSE(period.holds(2, start)) << "another site";
  EXPECT_TRUE(period.holds(1, start + seconds(59)));
  EXPECT_FALSE(period.holds(1, start + seconds(60)));
  period.begin({.kind = PurgeKind::everything}, start + seconds(100));
  EXPECT_TRUE(period.holds(1, start + seconds(100)));
  EXPECT_TRUE(period.holds(2, start + seconds(159)));
  EXPECT_FALSE(period.holds(2, start + seconds(160)));
}

TEST(RefillPeriod, IsThatOfAllWhereThePurgeNamesNoSite) {
  const Instant start{seconds(1000)};
  RefillPeriod period;
  period.begin({.kind = PurgeKind::prefix, .name = 7}, start);
  EXPECT_TRUE(period.holds(1, start));
}

}  // namespace
}  // namespace meridian::edge
