#include "edge-node/disk/purge_journal.h"

#include <fstream>

#include <gtest/gtest.h>
#include <stdlib.h>

namespace meridian::edge::disk {
namespace {

class PurgeJournalTest : public ::testing::Test {
 protected:
  PurgeJournalTest() {
    std::string name = (std::filesystem::temp_directory_path() / "purges-XXXXXX").string();
    directory_ = ::mkdtemp(name.data());
  }
  ~PurgeJournalTest() override { std::filesystem::remove_all(directory_); }

  std::unique_ptr<PurgeJournal> open(Purges& purges) {
    auto journal = PurgeJournal::open(directory_, purges);
    EXPECT_TRUE(journal);
    return journal ? std::move(*journal) : nullptr;
  }

  static PurgeMark site_mark(std::uint64_t generation) {
    return {.kind = PurgeKind::site, .generation = generation, .site = purge_site_hash("shop")};
  }

  std::filesystem::path directory_;
  const PurgeNames names_{.site = purge_site_hash("shop"), .tags = {}, .too_many_tags = false};
};

TEST_F(PurgeJournalTest, WhatWasPurgedStaysPurgedAfterARestart) {
  {
    Purges purges;
    const auto journal = open(purges);
    EXPECT_FALSE(journal->is_whole());  // there was none: who knows what lies beside it
    for (std::uint64_t sequence = 5; sequence < 8; ++sequence) {
      const PurgeMark mark = site_mark(purges.next_generation(sequence));
      ASSERT_TRUE(journal->append({&mark, 1}, sequence));
      purges.add(mark);
    }
  }
  for (int start = 0; start < 2; ++start) {
    Purges purges;
    const auto journal = open(purges);
    EXPECT_TRUE(journal->is_whole());
    EXPECT_EQ(journal->sequence(), 7u);
    EXPECT_EQ(purges.generation(), 7u);
    EXPECT_EQ(purges.check(6, names_, "k"), Purged::hard);
    EXPECT_EQ(purges.check(7, names_, "k"), Purged::no);
  }
}

TEST_F(PurgeJournalTest, ATornEndWasNeverAcknowledged) {
  std::uintmax_t whole = 0;
  {
    Purges purges;
    const auto journal = open(purges);
    for (std::uint64_t sequence = 5; sequence < 7; ++sequence) {
      whole = std::filesystem::file_size(directory_ / "purges");
      const PurgeMark mark = site_mark(sequence);
      ASSERT_TRUE(journal->append({&mark, 1}, sequence));
      purges.add(mark);
    }
  }
  std::filesystem::resize_file(directory_ / "purges", whole + 9);
  Purges purges;
  const auto journal = open(purges);
  EXPECT_TRUE(journal->is_whole());
  EXPECT_EQ(journal->sequence(), 5u);
}

TEST_F(PurgeJournalTest, ADamagedOneIsNotBelieved) {
  {
    Purges purges;
    const auto journal = open(purges);
    for (std::uint64_t sequence = 5; sequence < 9; ++sequence) {
      const PurgeMark mark = site_mark(sequence);
      ASSERT_TRUE(journal->append({&mark, 1}, sequence));
    }
  }
  {
    std::fstream file(directory_ / "purges", std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(70);
    file.put('x');
  }
  Purges purges;
  EXPECT_FALSE(open(purges)->is_whole());
}

TEST_F(PurgeJournalTest, SaysSoWhenItCannotBeWritten) {
  Purges purges;
  const auto journal = open(purges);
  std::filesystem::remove_all(directory_);
  const PurgeMark mark = site_mark(2);
  EXPECT_FALSE(journal->append({&mark, 1}, 2));
}

}  // namespace
}  // namespace meridian::edge::disk
