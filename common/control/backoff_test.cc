#include "common/control/backoff.h"

#include <gtest/gtest.h>

namespace meridian::control {
namespace {

using std::chrono::milliseconds;

TEST(Backoff, GrowsTwofoldUpToItsCap) {
  const Backoff backoff{milliseconds(100), milliseconds(1000)};
  EXPECT_EQ(backoff.delay(0, 0.5), milliseconds(50));
  EXPECT_EQ(backoff.delay(1, 0.5), milliseconds(100));
  EXPECT_EQ(backoff.delay(3, 0.5), milliseconds(400));
  EXPECT_EQ(backoff.delay(4, 0.5), milliseconds(500));
  EXPECT_EQ(backoff.delay(1'000'000, 0.5), milliseconds(500));
}

TEST(Backoff, JittersOverTheWholeRange) {
  const Backoff backoff;
  EXPECT_EQ(backoff.delay(10, 0.0), milliseconds(0));
  EXPECT_LT(backoff.delay(10, 0.999), backoff.cap);
}

}  // namespace
}  // namespace meridian::control
