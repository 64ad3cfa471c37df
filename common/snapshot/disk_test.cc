#include "common/snapshot/disk.h"

#include <fstream>

#include <gtest/gtest.h>

namespace meridian {
namespace {

class Disk : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "snapshots-XXXXXX";
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    directory_ = pattern;
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  SnapshotDisk open(const std::string& version = "1.0") {
    return SnapshotDisk::open(directory_ / "snapshots", version).value();
  }
  static v1::Snapshot snapshot(std::uint64_t revision) {
    v1::Snapshot made;
    made.set_revision(revision);
    made.set_node("edge-1");
    made.add_resources("some bytes");
    return made;
  }
  static std::vector<std::uint64_t> revisions(const SnapshotDisk& disk) {
    std::vector<std::uint64_t> numbers;
    for (const auto& stored : disk.stored()) numbers.push_back(stored.revision.value);
    return numbers;
  }
  std::filesystem::path only_file() const {
    for (const auto& entry : std::filesystem::directory_iterator(directory_ / "snapshots"))
      if (entry.path().extension() == ".snapshot") return entry.path();
    return {};
  }

  std::filesystem::path directory_;
};

TEST_F(Disk, ReturnsWhatWasSavedAfterARestart) {
  ASSERT_TRUE(open().save(snapshot(7)));
  const auto loaded = open().load(Revision{7});
  ASSERT_TRUE(loaded);
  EXPECT_EQ(loaded->SerializeAsString(), snapshot(7).SerializeAsString());
}

TEST_F(Disk, KeepsTheNewestFewNewestFirst) {
  auto disk = open();
  for (const auto revision : {1, 2, 9, 10, 11, 100})
    ASSERT_TRUE(disk.save(snapshot(static_cast<std::uint64_t>(revision))));
  EXPECT_EQ(revisions(disk), (std::vector<std::uint64_t>{100, 11, 10, 9}));
}

TEST_F(Disk, KeepsTheNewestGoodOneHoweverOld) {
  auto disk = open();
  ASSERT_TRUE(disk.save(snapshot(1)));
  ASSERT_TRUE(disk.mark_good(Revision{1}));
  for (std::uint64_t revision = 2; revision < 20; ++revision)
    ASSERT_TRUE(disk.save(snapshot(revision)));
  EXPECT_EQ(revisions(disk), (std::vector<std::uint64_t>{19, 18, 17, 16, 1}));
}

TEST_F(Disk, PassesOverASnapshotThatKeepsKillingTheProcess) {
  ASSERT_TRUE(open().save(snapshot(5)));
  for (int start = 0; start < SnapshotDisk::kMaxTrials; ++start)
    EXPECT_TRUE(open().begin_trial(Revision{5}).value()) << "start " << start;
  EXPECT_FALSE(open().begin_trial(Revision{5}).value());
}

TEST_F(Disk, CountsNoStartThatWasStoppedCleanly) {
  ASSERT_TRUE(open().save(snapshot(5)));
  for (int start = 0; start < 10; ++start) {
    EXPECT_TRUE(open().begin_trial(Revision{5}).value()) << "start " << start;
    ASSERT_TRUE(open().end_trial(Revision{5}));
  }
}

TEST_F(Disk, CountsNoTrialsOfAGoodSnapshot) {
  auto disk = open();
  ASSERT_TRUE(disk.save(snapshot(5)));
  ASSERT_TRUE(disk.mark_good(Revision{5}));
  for (int start = 0; start < 10; ++start) EXPECT_TRUE(open().begin_trial(Revision{5}).value());
  ASSERT_TRUE(disk.mark_bad(Revision{5}));
  EXPECT_FALSE(open().begin_trial(Revision{5}).value());
}

TEST_F(Disk, NoticesEveryFlippedByteAndEveryCut) {
  ASSERT_TRUE(open().save(snapshot(5)));
  const auto path = only_file();
  std::ifstream in(path, std::ios::binary);
  const std::string whole((std::istreambuf_iterator<char>(in)), {});
  for (std::size_t i = 0; i < whole.size(); ++i) {
    auto flipped = whole;
    flipped[i] = static_cast<char>(flipped[i] ^ 0x40);
    std::ofstream(path, std::ios::binary) << flipped;
    EXPECT_FALSE(open().load(Revision{5})) << "byte " << i;
    std::ofstream(path, std::ios::binary) << whole.substr(0, i);
    EXPECT_FALSE(open().load(Revision{5})) << "cut to " << i;
  }
  EXPECT_EQ(open().damaged().size(), 1u);
}

TEST_F(Disk, IgnoresAHalfWrittenTemporaryFile) {
  ASSERT_TRUE(open().save(snapshot(5)));
  std::ofstream(only_file().string() + ".new") << "half";
  ASSERT_TRUE(open().save(snapshot(5)));
  EXPECT_EQ(revisions(open()), (std::vector<std::uint64_t>{5}));
}

TEST_F(Disk, KeepsPrivateKeysFromOthers) {
  ASSERT_TRUE(open().save(snapshot(5)));
  using std::filesystem::perms;
  EXPECT_EQ(std::filesystem::status(only_file()).permissions(),
            perms::owner_read | perms::owner_write);
}

TEST_F(Disk, GivesAnotherVersionOfTheSoftwareItsOwnTrials) {
  ASSERT_TRUE(open().save(snapshot(5)));
  ASSERT_TRUE(open().mark_bad(Revision{5}));
  EXPECT_FALSE(open().begin_trial(Revision{5}).value());
  for (int start = 0; start < SnapshotDisk::kMaxTrials; ++start)
    EXPECT_TRUE(open("1.1").begin_trial(Revision{5}).value()) << "start " << start;
  EXPECT_FALSE(open("1.1").begin_trial(Revision{5}).value());
}

TEST_F(Disk, GivesTrialsToWhatAVersionRefusedThatDidNotSayWhich) {
  ASSERT_TRUE(open().save(snapshot(5)));
  auto mark = only_file();
  std::ofstream(mark.replace_extension(".mark")) << "bad";
  EXPECT_TRUE(open().begin_trial(Revision{5}).value());
}

TEST_F(Disk, LetsASnapshotStandForANewerRevisionWithTheMarkThatItHas) {
  auto disk = open();
  ASSERT_TRUE(disk.save(snapshot(3)));
  ASSERT_TRUE(disk.mark_good(Revision{3}));
  ASSERT_TRUE(disk.save(snapshot(4)));
  ASSERT_TRUE(disk.begin_trial(Revision{4}).value());
  ASSERT_TRUE(disk.stand_for(Revision{4}, Revision{6}));
  ASSERT_TRUE(disk.stand_for(Revision{3}, Revision{7}));
  const auto stored = open().stored();
  ASSERT_EQ(stored.size(), 2u);
  EXPECT_EQ(stored[0].revision, Revision{3});
  EXPECT_EQ(stored[0].stands_for, Revision{7});
  EXPECT_TRUE(stored[0].good);
  EXPECT_EQ(stored[1].stands_for, Revision{6});
  EXPECT_EQ(stored[1].trials, 1);
  ASSERT_TRUE(disk.begin_trial(Revision{4}).value());
  ASSERT_TRUE(disk.mark_good(Revision{4}));
  EXPECT_EQ(open().stored()[1].stands_for, Revision{6}) << "whatever becomes of the mark";
}

}  // namespace
}  // namespace meridian
