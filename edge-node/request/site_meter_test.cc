#include "edge-node/request/site_meter.h"

#include <numeric>

#include <gtest/gtest.h>

namespace meridian::edge {
namespace {

using std::chrono::microseconds;

TEST(LatencyHistogram, CountsIntoTheBucketWhoseEndIsNotBelow) {
  LatencyHistogram histogram;
  for (const int micros : {-1, 0, 500, 501, 10'000'000, 10'000'001})
    histogram.add(microseconds(micros));
  HistogramSample sample;
  histogram.add_to(sample);
  ASSERT_EQ(sample.counts.size(), sample.bounds.size() + 1);
  EXPECT_EQ(sample.counts.front(), 3u);
  EXPECT_EQ(sample.counts[1], 1u);
  EXPECT_EQ(sample.counts[sample.bounds.size() - 1], 1u);
  EXPECT_EQ(sample.counts.back(), 1u);
  EXPECT_DOUBLE_EQ(sample.bounds.front(), 0.0005);
  EXPECT_DOUBLE_EQ(sample.sum, 20.001002);
}

TEST(SiteMeter, AddsUpWhatItsWorkersCount) {
  SiteMeter meter(3);
  EXPECT_TRUE(meter.all().empty());
  meter.of(0).requests.add(microseconds(1));
  meter.of(2).requests.add(microseconds(1));
  ASSERT_EQ(meter.all().size(), 2u);
  HistogramSample sample;
  for (const auto* counts : meter.all()) counts->requests.add_to(sample);
  EXPECT_EQ(std::accumulate(sample.counts.begin(), sample.counts.end(), 0u), 2u);
}

}  // namespace
}  // namespace meridian::edge
