#include "edge-node/origin/known_name.h"

#include <gtest/gtest.h>

namespace meridian::edge {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

constexpr Instant kStart{seconds(1000)};

std::vector<IpAddress> addresses(std::initializer_list<const char*> texts) {
  std::vector<IpAddress> result;
  for (const char* text : texts) result.push_back(*parse_address(text));
  return result;
}

TEST(KnownName, TheFirstAnswerIsWaitedFor) {
  KnownName name;
  EXPECT_EQ(name.use(kStart), nullptr);
  EXPECT_TRUE(name.is_due(kStart));
  name.ask();
  EXPECT_FALSE(name.is_due(kStart));
  EXPECT_EQ(name.use(kStart), nullptr);
  name.answer(addresses({"192.0.2.1"}), seconds(60), kStart);
  EXPECT_EQ(*name.use(kStart), addresses({"192.0.2.1"}));
}

TEST(KnownName, IsAskedAgainWhenItsTtlIsOverAndNobodyWaitsForThat) {
  KnownName name;
  name.answer(addresses({"192.0.2.1"}), seconds(60), kStart);
  ASSERT_TRUE(name.use(kStart + seconds(59)));
  EXPECT_FALSE(name.is_due(kStart + seconds(59)));
  EXPECT_TRUE(name.is_due(kStart + seconds(60)));
  name.ask();
  EXPECT_TRUE(name.use(kStart + seconds(61)));
  name.answer(addresses({"192.0.2.2"}), seconds(60), kStart + seconds(62));
  EXPECT_EQ(*name.use(kStart + seconds(62)), addresses({"192.0.2.2"}));
}

TEST(KnownName, TtlsHaveAFloorAndACeiling) {
  KnownName name;
  (void)name.use(kStart);
  name.answer(addresses({"192.0.2.1"}), seconds(0), kStart);
  EXPECT_FALSE(name.is_due(kStart));
  EXPECT_TRUE(name.is_due(kStart + seconds(1)));
  name.answer(addresses({"192.0.2.1"}), seconds(1'000'000), kStart);
  (void)name.use(kStart + seconds(3600));
  EXPECT_TRUE(name.is_due(kStart + seconds(3600)));
}

TEST(KnownName, ADeadResolverCostsNobodyATimeoutAndTheOldAddressesStay) {
  KnownName name;
  name.answer(addresses({"192.0.2.1"}), seconds(60), kStart);
  const auto later = kStart + minutes(30);
  (void)name.use(later);
  name.ask();
  name.fail(later);
  ASSERT_TRUE(name.use(later));
  EXPECT_EQ(*name.use(later), addresses({"192.0.2.1"}));
  EXPECT_FALSE(name.is_due(later + seconds(4)));
  EXPECT_TRUE(name.is_due(later + seconds(5)));
  name.ask();
  EXPECT_TRUE(name.use(later + seconds(6)));
}

TEST(KnownName, OfANameThatNeverResolvedTheFailureIsKnownAtOnce) {
  KnownName name;
  name.ask();
  name.fail(kStart);
  ASSERT_TRUE(name.use(kStart));
  EXPECT_TRUE(name.use(kStart)->empty());
  name.ask();
  EXPECT_TRUE(name.use(kStart + seconds(6)));  // while it is asked for again
}

TEST(KnownName, OneWaitsInVainForASlowResolverNotEverybody) {
  KnownName name;
  EXPECT_EQ(name.use(kStart), nullptr);
  name.ask();
  name.give_up();
  EXPECT_TRUE(name.use(kStart));
  name.answer(addresses({"192.0.2.1"}), seconds(60), kStart);
  EXPECT_EQ(name.use(kStart)->size(), 1u);
}

TEST(KnownName, WhatNobodyUsesIsNotKeptFreshAndThenWaitedFor) {
  KnownName name;
  (void)name.use(kStart);
  name.answer(addresses({"192.0.2.1"}), seconds(60), kStart);
  EXPECT_FALSE(name.is_due(kStart + minutes(6)));
  EXPECT_EQ(name.use(kStart + minutes(6)), nullptr);
  EXPECT_TRUE(name.is_due(kStart + minutes(6)));
}

TEST(KnownName, FamiliesTakeTurnsAndWhoRefusedComesLast) {
  KnownName name;
  name.answer(addresses({"192.0.2.1", "192.0.2.2", "192.0.2.3", "2001:db8::1", "2001:db8::2"}),
              seconds(60), kStart);
  EXPECT_EQ(name.addresses(),
            addresses({"2001:db8::1", "192.0.2.1", "2001:db8::2", "192.0.2.2", "192.0.2.3"}));
  name.demote(*parse_address("2001:db8::1"));
  EXPECT_EQ(name.addresses(),
            addresses({"192.0.2.1", "2001:db8::2", "192.0.2.2", "192.0.2.3", "2001:db8::1"}));
  name.demote(*parse_address("203.0.113.1"));
  EXPECT_EQ(name.addresses().size(), 5u);
}

}  // namespace
}  // namespace meridian::edge
