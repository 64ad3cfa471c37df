#include "dns-steer/steer/shed.h"

#include <gtest/gtest.h>

namespace meridian::dns {
namespace {

using namespace std::chrono_literals;

const SpillRule kRule{.spill_at = 0.8, .ttl = 20};

/// Measures the same for so long. Clients do not follow: for what a single location does.
void hold(Shed& shed, double utilisation, int seconds, double mark = 0.8) {
  for (int i = 0; i < seconds; ++i) shed.measure(utilisation, mark, kRule, 1s);
}

/// Measures what `demand` becomes with the share that is kept.
void follow(Shed& shed, double demand, int seconds, double mark = 0.8) {
  for (int i = 0; i < seconds; ++i) shed.measure(demand * shed.kept(), mark, kRule, 1s);
}

TEST(Shed, KeepsEverybodyUpToTheMark) {
  Shed shed;
  hold(shed, 0.8, 600);
  EXPECT_EQ(shed.kept(), 1);
}

TEST(Shed, ShedsMoreTheMoreThereWouldBe) {
  double before = 1;
  for (const double demand : {0.85, 1.0, 1.5, 3.0, 10.0}) {
    Shed shed;
    follow(shed, demand, 600);
    EXPECT_LT(shed.kept(), before) << demand;
    EXPECT_LE(shed.kept() * demand, 1) << demand;
    EXPECT_GT(shed.kept() * demand, 0.68) << demand;
    before = shed.kept();
  }
}

TEST(Shed, MovesInSmallSteps) {
  Shed shed;
  hold(shed, 0.5, 60);
  double before = shed.kept();
  for (int i = 0; i < 300; ++i) {
    shed.measure(5, 0.8, kRule, 1s);
    EXPECT_GE(shed.kept(), before * 0.95);
    before = shed.kept();
  }
  EXPECT_LT(shed.kept(), 0.2);
  // However long the news stayed away.
  Shed late;
  hold(late, 5, 1);
  const double kept = late.kept();
  late.measure(5, 0.8, kRule, 24h);
  EXPECT_GE(late.kept(), kept * 0.8);
}

TEST(Shed, CallsNobodyBackBeforeTheLoadIsWellBelowTheMark) {
  Shed shed;
  follow(shed, 1.5, 600);
  const double kept = shed.kept();
  ASSERT_LT(kept, 0.7);
  hold(shed, 0.7, 600);
  EXPECT_EQ(shed.kept(), kept);
  follow(shed, 0.6, 1200);
  EXPECT_EQ(shed.kept(), 1);
}

TEST(Shed, LooksAtTheMarkThatItIsGiven) {
  Shed shed;
  hold(shed, 1.3, 600, 1.4);
  EXPECT_EQ(shed.kept(), 1);
  hold(shed, 1.3, 60, 1.2);
  EXPECT_LT(shed.kept(), 1);
}

TEST(Shed, CallsClientsBackStepByStepWhenNothingIsKnown) {
  Shed shed;
  follow(shed, 1.5, 600);
  const double kept = shed.kept();
  shed.forget(kRule, 1s);
  EXPECT_GT(shed.kept(), kept);
  EXPECT_LT(shed.kept(), kept * 1.05);
  for (int i = 0; i < 600; ++i) shed.forget(kRule, 1s);
  EXPECT_EQ(shed.kept(), 1);
}

TEST(Shed, DoesNotWaitWhenHalfOfTheLocationIsLost) {
  Shed shed;
  hold(shed, 0.7, 60);
  shed.resize(0.5, 0.8, kRule);
  EXPECT_NEAR(shed.kept(), 1 / (1.4 + 0.2), 0.01);
  shed.resize(2, 0.8, kRule);
  EXPECT_EQ(shed.kept(), 1);
}

TEST(Shed, NeverTurnsEverybodyAway) {
  Shed shed;
  hold(shed, 10, 3600);
  EXPECT_EQ(shed.kept(), Shed::kLeast);
}

}  // namespace
}  // namespace meridian::dns
