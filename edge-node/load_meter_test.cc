#include "edge-node/load_meter.h"

#include <gtest/gtest.h>

namespace meridian::edge {
namespace {

using namespace std::chrono_literals;

TEST(LoadMeter, TellsRatesBetweenTwoMeasures) {
  LoadMeter meter(2);
  meter.measure({.sent_bytes = 1'000'000, .cpu_time = 10s, .answered_requests = 70}, Instant(100s));
  EXPECT_EQ(meter.bits_per_second(), 0u);
  EXPECT_EQ(meter.cpu(), 0.0);
  EXPECT_EQ(meter.requests_per_second(), 0.0);
  meter.measure({.sent_bytes = 1'500'000, .cpu_time = 13s, .answered_requests = 79}, Instant(102s));
  EXPECT_EQ(meter.bits_per_second(), 2'000'000u);
  EXPECT_DOUBLE_EQ(meter.cpu(), 0.75);
  EXPECT_DOUBLE_EQ(meter.requests_per_second(), 4.5);
}

TEST(LoadMeter, KeepsItsRatesWhenItIsAskedAgainAtOnce) {
  LoadMeter meter(1);
  meter.measure({}, Instant(100s));
  meter.measure({.sent_bytes = 1000, .cpu_time = 500ms}, Instant(101s));
  meter.measure({.sent_bytes = 9000, .cpu_time = 501ms}, Instant(101s + 10ms));
  EXPECT_EQ(meter.bits_per_second(), 8000u);
  EXPECT_DOUBLE_EQ(meter.cpu(), 0.5);
  meter.measure({.sent_bytes = 9000, .cpu_time = 500ms}, Instant(102s));
  EXPECT_EQ(meter.bits_per_second(), 64'000u);
}

}  // namespace
}  // namespace meridian::edge
