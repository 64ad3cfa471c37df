#include "edge-node/cache/purge_position.h"

#include <gtest/gtest.h>

namespace meridian::edge {
namespace {

void apply(PurgePosition& position, std::uint64_t sequence) {
  position.begin({sequence});
  position.end({sequence});
}

void start_anew(PurgePosition& position, std::uint64_t sequence) {
  position.begin_anew({sequence});
  position.end_anew({sequence});
}

TEST(PurgePosition, AsksForAPurgeBeforeItIsInForceAndClaimsItAfterwards) {
  PurgePosition position;
  apply(position, 7);
  position.begin({8});
  EXPECT_EQ(position.asked().value, 8u);
  EXPECT_EQ(position.applied().value, 7u);
  position.end({8});
  EXPECT_EQ(position.applied().value, 8u);
}

TEST(PurgePosition, DoesNotMindAPurgeWithoutAPlaceInTheLog) {
  PurgePosition position;
  apply(position, 7);
  apply(position, 0);
  EXPECT_EQ(position.asked().value, 7u);
  EXPECT_EQ(position.applied().value, 7u);
}

// One edge has heard that numbers are given anew, the other has not.
TEST(PurgePosition, OfOldNumbersDoesNotPassForOneOfNewNumbers) {
  PurgePosition here, there;
  apply(here, 100);
  apply(there, 100);
  start_anew(here, 5);
  apply(here, 6);
  EXPECT_GT(here.asked(), there.applied());
  start_anew(there, 5);
  apply(there, 6);
  for (std::uint64_t sequence = 7; sequence <= 101; ++sequence) {
    EXPECT_GT(here.asked(), there.applied()) << "careful until the old numbers are passed";
    apply(here, sequence);
    apply(there, sequence);
  }
  EXPECT_EQ(here.asked(), there.applied());
}

TEST(PurgePosition, GoesOnWithALogThatReachesBackNoFurther) {
  PurgePosition position;
  apply(position, 7);
  start_anew(position, 90);
  EXPECT_EQ(position.asked().value, 90u);
  EXPECT_EQ(position.applied().value, 90u);
}

}  // namespace
}  // namespace meridian::edge
