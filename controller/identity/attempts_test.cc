#include "controller/identity/attempts.h"

#include <gtest/gtest.h>

namespace meridian::control {
namespace {

using namespace std::chrono_literals;

TEST(Attempts, AllowsABurstAndThenSoManyASecond) {
  Attempts attempts;
  Instant now = Instant() + 1h;
  const auto fail_all = [&] {
    int count = 0;
    for (; attempts.allowed(now); ++count) attempts.failed(now);
    return count;
  };
  EXPECT_EQ(fail_all(), 100);
  EXPECT_EQ(fail_all(), 0);
  now += 1s;
  EXPECT_EQ(fail_all(), 10);
  now += 1h;
  EXPECT_EQ(fail_all(), 100);
}

TEST(Attempts, CountsNoSuccess) {
  Attempts attempts;
  const Instant now = Instant() + 1h;
  for (int i = 0; i < 1000; ++i) EXPECT_TRUE(attempts.allowed(now));
}

}  // namespace
}  // namespace meridian::control
