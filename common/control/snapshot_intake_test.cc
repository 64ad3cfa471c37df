#include "common/control/snapshot_intake.h"

#include <gtest/gtest.h>

#include "common/snapshot/snapshot.h"

namespace meridian::control {
namespace {

class Intake : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "intake-XXXXXX";
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    directory_ = pattern;
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  /// As after a start of the process.
  SnapshotIntake intake() {
    return SnapshotIntake(SnapshotDisk::open(directory_ / "snapshots", version_).value(), "edge-1",
                          v1::ROLE_EDGE, [this](const v1::Snapshot& snapshot) -> Result<void> {
                            ++compiled_;
                            if (snapshot.revision() == refused_) return Error("spec.x", "is bad");
                            served_ = snapshot.revision();
                            return {};
                          });
  }
  static v1::SnapshotPush push(std::uint64_t revision) {
    return push(revision, "content of " + std::to_string(revision));
  }
  static v1::SnapshotPush push(std::uint64_t revision, const std::string& content) {
    v1::SnapshotPush made;
    auto& snapshot = *made.mutable_snapshot();
    snapshot.set_revision(revision);
    snapshot.set_node("edge-1");
    snapshot.set_role(v1::ROLE_EDGE);
    snapshot.add_resources(content);
    const auto hash = snapshot_hash(snapshot);
    made.set_hash(hash.data(), hash.size());
    return made;
  }

  std::filesystem::path directory_;
  std::string version_ = "1.0";
  int compiled_ = 0;
  std::uint64_t refused_ = 0;
  std::uint64_t served_ = 0;
};

TEST_F(Intake, ServesAcknowledgesAndRemembersAPush) {
  EXPECT_EQ(intake().take(push(3)).ack().revision(), 3u);
  EXPECT_EQ(served_, 3u);
  served_ = 0;
  auto restarted = intake();
  EXPECT_TRUE(restarted.serve_from_disk());
  EXPECT_EQ(served_, 3u);
  EXPECT_EQ(restarted.hash(), push(3).hash());
}

TEST_F(Intake, KeepsWhatItHadWhenANewOneDoesNotCompile) {
  auto intake = this->intake();
  (void)intake.take(push(3));
  refused_ = 4;
  const auto answer = intake.take(push(4));
  EXPECT_EQ(answer.nack().revision(), 4u);
  EXPECT_EQ(answer.nack().reason(), "spec.x: is bad");
  EXPECT_EQ(intake.revision().value, 3u);
  EXPECT_EQ(served_, 3u);
  EXPECT_TRUE(this->intake().serve_from_disk());
  EXPECT_EQ(served_, 3u) << "what was refused is passed over at the next start too";
}

TEST_F(Intake, RefusesWhatIsOlderDamagedOrForAnother) {
  auto intake = this->intake();
  (void)intake.take(push(3));
  EXPECT_TRUE(intake.take(push(2)).has_nack());
  auto damaged = push(4);
  damaged.mutable_snapshot()->set_resources(0, "other");
  EXPECT_TRUE(intake.take(damaged).has_nack());
  auto foreign = push(4);
  foreign.mutable_snapshot()->set_node("edge-2");
  EXPECT_TRUE(intake.take(foreign).has_nack());
  auto other_role = push(4);
  other_role.mutable_snapshot()->set_role(v1::ROLE_DNS);
  EXPECT_TRUE(intake.take(other_role).has_nack());
  EXPECT_EQ(served_, 3u);
}

TEST_F(Intake, GoesBackOneStepFromASnapshotThatKeepsKillingTheProcess) {
  {
    auto first = intake();
    (void)first.take(push(3));
    first.bake();
    (void)first.take(push(4));  // the first trial; then the process dies, twice more
  }
  EXPECT_TRUE(intake().serve_from_disk());
  EXPECT_TRUE(intake().serve_from_disk());
  EXPECT_EQ(served_, 4u);
  auto last = intake();
  EXPECT_TRUE(last.serve_from_disk());
  EXPECT_EQ(served_, 3u);
  EXPECT_EQ(last.take(push(4)).nack().reason(),
            "this node was refused it or stopped 3 times within its bake time: change the "
            "configuration, or install another version of the software, to try again");
  EXPECT_EQ(last.take(push(5)).ack().revision(), 5u) << "a newer one gets its chance";
}

TEST_F(Intake, CountsNoStopThatWasAskedFor) {
  (void)intake().take(push(3));
  for (int start = 0; start < 10; ++start) {
    auto each = intake();
    ASSERT_TRUE(each.serve_from_disk()) << "start " << start;
    each.stop();
  }
}

TEST_F(Intake, ServesNewsEvenWhenTheDiskFails) {
  auto intake = this->intake();
  std::filesystem::remove_all(directory_ / "snapshots");
  EXPECT_EQ(intake.take(push(3)).ack().revision(), 3u);
  EXPECT_EQ(served_, 3u);
}

TEST_F(Intake, TriesAgainWhatAnotherVersionRefused) {
  {
    auto old = intake();
    (void)old.take(push(3));
    refused_ = 4;
    EXPECT_TRUE(old.take(push(4)).has_nack());
    refused_ = 0;
    EXPECT_TRUE(old.take(push(4)).has_nack()) << "the same version does not";
  }
  version_ = "1.1";
  EXPECT_EQ(intake().take(push(4)).ack().revision(), 4u);
}

TEST_F(Intake, TakesTheNumberAloneOfARevisionThatChangesNothing) {
  auto intake = this->intake();
  (void)intake.take(push(3, "same"));
  intake.bake();
  for (std::uint64_t revision = 4; revision < 10; ++revision)
    EXPECT_EQ(intake.take(push(revision, "same")).ack().revision(), revision);
  EXPECT_EQ(compiled_, 1);
  EXPECT_EQ(intake.revision(), Revision{9});
  for (int start = 0; start <= SnapshotDisk::kMaxTrials; ++start) {
    auto restarted = this->intake();
    ASSERT_TRUE(restarted.serve_from_disk()) << "good, however it ended: start " << start;
    EXPECT_EQ(restarted.revision(), Revision{9});
  }
  EXPECT_EQ(served_, 9u);
  EXPECT_TRUE(this->intake().take(push(10, "same")).has_ack());
}

TEST_F(Intake, BeginsNoTrialForARevisionThatChangesNothing) {
  {
    auto intake = this->intake();
    for (std::uint64_t revision = 3; revision < 10; ++revision)
      (void)intake.take(push(revision, "same"));
  }  // the process dies: its first trial
  EXPECT_TRUE(intake().serve_from_disk());
  EXPECT_TRUE(intake().serve_from_disk());
  EXPECT_FALSE(intake().serve_from_disk());
}

TEST_F(Intake, RefusesAfterARestartWhatIsOlderThanTheNumberThatItTook) {
  {
    auto intake = this->intake();
    (void)intake.take(push(3, "same"));
    (void)intake.take(push(9, "same"));
  }
  auto restarted = intake();
  ASSERT_TRUE(restarted.serve_from_disk());
  EXPECT_TRUE(restarted.take(push(8, "other")).has_nack());
  EXPECT_TRUE(restarted.take(push(10, "other")).has_ack());
  EXPECT_EQ(served_, 10u);
}

TEST_F(Intake, PutsOnDiskWithItsNextNumberWhatTheDiskDidNotTake) {
  {
    auto intake = this->intake();
    std::filesystem::remove_all(directory_ / "snapshots");
    (void)intake.take(push(3, "same"));
    std::filesystem::create_directory(directory_ / "snapshots");
    (void)intake.take(push(4, "same"));
  }
  auto restarted = intake();
  EXPECT_TRUE(restarted.serve_from_disk());
  EXPECT_EQ(restarted.revision(), Revision{4});
}

}  // namespace
}  // namespace meridian::control
