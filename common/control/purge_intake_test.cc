#include "common/control/purge_intake.h"

#include <fstream>
#include <vector>

#include <gtest/gtest.h>

namespace meridian::control {
namespace {

class Purges : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "purges-XXXXXX";
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    directory_ = pattern;
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  PurgeIntake intake() {
    return PurgeIntake(
        directory_ / "purge-sequence",
        [this](const v1::Purge& purge) -> Result<void> {
          if (purge.sequence() == fails_) return Error("the cache is on fire");
          applied_.push_back(purge.sequence());
          return {};
        },
        [this](PurgeSequence up_to) {
          applied_.push_back(0);
          reset_to_ = up_to.value;
        });
  }
  static v1::PurgeBatch batch(std::uint64_t first, std::uint64_t last) {
    v1::PurgeBatch made;
    for (auto sequence = first; sequence <= last; ++sequence)
      made.add_purges()->set_sequence(sequence);
    return made;
  }

  std::filesystem::path directory_;
  std::vector<std::uint64_t> applied_;
  std::uint64_t fails_ = 0;
  std::uint64_t reset_to_ = 0;
};

TEST_F(Purges, AreAppliedOnceAndInOrder) {
  auto intake = this->intake();
  intake.take(batch(1, 3));
  intake.take(batch(2, 5));
  EXPECT_EQ(applied_, (std::vector<std::uint64_t>{1, 2, 3, 4, 5}));
  EXPECT_EQ(intake.sequence().value, 5u);
}

TEST_F(Purges, AreRememberedAcrossARestart) {
  intake().take(batch(1, 3));
  EXPECT_EQ(intake().sequence().value, 3u);
}

TEST_F(Purges, OneThatCannotBeAppliedPurgesEverything) {
  fails_ = 2;
  auto intake = this->intake();
  intake.take(batch(1, 3));
  EXPECT_EQ(applied_, (std::vector<std::uint64_t>{1, 0, 3}));
  EXPECT_EQ(reset_to_, 2u);
  EXPECT_EQ(intake.sequence().value, 3u);
}

TEST_F(Purges, StartAnewWhenTheLogReachesBackNoFurther) {
  auto intake = this->intake();
  intake.take(batch(1, 1));
  auto reset = batch(41, 41);
  reset.set_reset_to(40);
  intake.take(reset);
  EXPECT_EQ(applied_, (std::vector<std::uint64_t>{1, 0, 41}));
  EXPECT_EQ(reset_to_, 40u);
  EXPECT_EQ(intake.sequence().value, 41u);
}

TEST_F(Purges, AreAllAppliedAgainWhenThePositionIsDamaged) {
  std::ofstream(directory_ / "purge-sequence") << "12x";
  EXPECT_EQ(intake().sequence().value, 0u);
}

}  // namespace
}  // namespace meridian::control
