#include "edge-node/origin/address_race.h"

#include <gtest/gtest.h>

namespace meridian::edge {
namespace {

using std::chrono::milliseconds;

constexpr Instant kStart{std::chrono::seconds(1000)};

TEST(AddressRace, StartsTheNextAddressWhenOneTakesLong) {
  AddressRace race(2);
  EXPECT_EQ(race.start(kStart), 0u);
  EXPECT_FALSE(race.start(kStart));
  EXPECT_FALSE(race.start(kStart + milliseconds(249)));
  EXPECT_EQ(race.next_start(), kStart + milliseconds(250));
  EXPECT_EQ(race.start(kStart + milliseconds(250)), 1u);
  EXPECT_EQ(race.next_start(), Instant::max());
  EXPECT_FALSE(race.start(kStart + std::chrono::hours(1)));
}

TEST(AddressRace, StartsTheNextAddressAtOnceWhenOneFails) {
  AddressRace race(3);
  EXPECT_EQ(race.start(kStart), 0u);
  race.fail(kStart + milliseconds(1));
  EXPECT_EQ(race.start(kStart + milliseconds(1)), 1u);
  EXPECT_FALSE(race.start(kStart + milliseconds(1)));
  race.fail(kStart + milliseconds(2));
  EXPECT_FALSE(race.is_lost());
  EXPECT_EQ(race.start(kStart + milliseconds(2)), 2u);
  race.fail(kStart + milliseconds(3));
  EXPECT_TRUE(race.is_lost());
}

TEST(AddressRace, WithoutAddressesIsLost) {
  AddressRace race(0);
  EXPECT_TRUE(race.is_lost());
  EXPECT_FALSE(race.start(kStart));
}

}  // namespace
}  // namespace meridian::edge
