#include "controller/distribute/purge_watch.h"

#include <gtest/gtest.h>

namespace meridian::control {
namespace {

using namespace std::chrono_literals;

TEST(PurgeWatch, CallsWhenAllHaveAcknowledgedOrTimeIsUp) {
  PurgeWatch watch;
  std::string called;
  ASSERT_TRUE(watch.add({2}, Instant() + 5s, [&] { called += "a"; }));
  ASSERT_TRUE(watch.add({3}, Instant() + 4s, [&] { called += "b"; }));
  EXPECT_EQ(watch.next_deadline(), Instant() + 4s);
  watch.check({1}, Instant());
  EXPECT_EQ(called, "");
  watch.check({2}, Instant());
  EXPECT_EQ(called, "a");
  watch.check({2}, Instant() + 4s);
  EXPECT_EQ(called, "ab");
  watch.check({9}, Instant() + 1h);
  EXPECT_EQ(called, "ab");
}

TEST(PurgeWatch, CallsAllWhenItCloses) {
  PurgeWatch watch;
  int called = 0;
  ASSERT_TRUE(watch.add({2}, Instant() + 5s, [&] { ++called; }));
  watch.close();
  EXPECT_EQ(called, 1);
  EXPECT_FALSE(watch.add({2}, Instant() + 5s, [&] { ++called; }));
  EXPECT_EQ(called, 1);
}

TEST(PurgeWatch, IsBounded) {
  PurgeWatch watch;
  for (std::size_t i = 0; i < PurgeWatch::kMost; ++i) ASSERT_TRUE(watch.add({1}, Instant(), [] {}));
  EXPECT_FALSE(watch.add({1}, Instant(), [] {}));
}

}  // namespace
}  // namespace meridian::control
