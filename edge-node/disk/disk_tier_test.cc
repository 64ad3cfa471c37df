#include "edge-node/disk/disk_tier.h"

#include <future>
#include <map>
#include <random>

#include <gtest/gtest.h>
#include <stdlib.h>

namespace meridian::edge::disk {
namespace {

struct Heard final : FillListener {
  void on_progress() override { heard.set_value(); }
  std::promise<void> heard;
};

class DiskTierTest : public ::testing::Test {
 protected:
  DiskTierTest() {
    std::string name = (std::filesystem::temp_directory_path() / "disk-XXXXXX").string();
    directory_ = ::mkdtemp(name.data());
    start();
  }
  ~DiskTierTest() override {
    tier_.reset();
    std::filesystem::remove_all(directory_);
  }

  void start() {
    tier_.reset();
    auto tier = DiskTier::open({.directory = directory_, .capacity_bytes = 10 << 20}, purges_);
    ASSERT_TRUE(tier);
    tier_ = std::move(*tier);
    tier_->flush();
    tier_->use();
  }

  ObjectPtr object(const std::string& key, const std::string& body, const std::string& language) {
    auto head = std::make_shared<StoredHead>();
    head->key = std::make_shared<const std::string>(key);
    head->fields.add("Vary", "Accept-Language");
    head->vary = parse_vary(head->fields);
    head->selected_by = selecting_values(head->vary, request(language));
    head->born = purges_.generation();
    head->names.site = 42;
    auto chunk = std::make_shared<Chunk>();
    chunk->bytes = body;
    auto made = std::make_shared<Object>();
    made->head = head;
    made->body.push_back(std::move(chunk));
    made->body_bytes = body.size();
    return made;
  }

  static http::Fields request(const std::string& language) {
    http::Fields fields;
    fields.add("Accept-Language", language);
    return fields;
  }

  std::optional<std::string> get(const std::string& key, const std::string& language,
                                 std::uint64_t site = 42) {
    const auto read = tier_->find(key);
    if (!read) return std::nullopt;
    auto heard = std::make_shared<Heard>();
    tier_->ask_head(read, key, request(language), site, heard);
    heard->heard.get_future().wait();
    if (!read->head()) return std::nullopt;
    std::string body;
    while (!read->at_end()) {
      heard = std::make_shared<Heard>();
      tier_->ask_piece(read, heard);
      heard->heard.get_future().wait();
      EXPECT_TRUE(read->is_ready());
      if (read->piece().empty()) return std::nullopt;
      body += read->piece();
    }
    return body;
  }

  std::filesystem::path directory_;
  Purges purges_;
  std::unique_ptr<DiskTier> tier_;
};

TEST_F(DiskTierTest, GivesEachRequestItsVariantAlsoAfterARestart) {
  const std::string large(700'000, 'l');
  tier_->offer(object("k", large, "en"));
  tier_->offer(object("k", "bonjour", "fr"));
  tier_->flush();
  for (int starts = 0; starts < 2; ++starts) {
    EXPECT_EQ(get("k", "en"), large);
    EXPECT_EQ(get("k", "fr"), "bonjour");
    EXPECT_EQ(get("k", "de"), std::nullopt);
    EXPECT_EQ(get("k", "fr", 43), std::nullopt);
    EXPECT_EQ(get("other", "fr"), std::nullopt);
    start();
  }
}

TEST_F(DiskTierTest, WhatIsPurgedIsAMiss) {
  tier_->offer(object("k", "x", "en"));
  tier_->flush();
  purges_.add_everything();
  EXPECT_EQ(get("k", "en"), std::nullopt);
}

TEST_F(DiskTierTest, WhatIsErasedIsGoneAtOnceAndAfterARestart) {
  tier_->offer(object("k", "x", "en"));
  tier_->erase("k");
  EXPECT_EQ(tier_->find("k"), nullptr);
  tier_->flush();
  EXPECT_EQ(tier_->find("k"), nullptr);
  tier_->offer(object("j", "x", "en"));
  tier_->flush();
  tier_->erase("j");
  start();
  EXPECT_EQ(tier_->find("k"), nullptr);
  EXPECT_EQ(tier_->find("j"), nullptr);
  tier_->offer(object("k", "y", "en"));
  tier_->flush();
  EXPECT_EQ(get("k", "en"), "y");
}

TEST_F(DiskTierTest, AnErasureIsOfWhatWasOfferedBeforeIt) {
  std::mt19937 random(1);
  for (int round = 0; round < 50; ++round) {
    std::map<std::string, std::string> newest;
    for (int i = 0; i < 40; ++i) {
      const std::string key(1, static_cast<char>('a' + random() % 4));
      if (random() % 3 == 0) {
        tier_->erase(key);
        newest.erase(key);
        EXPECT_EQ(tier_->find(key), nullptr);
      } else {
        newest[key] = std::to_string(round) + "." + std::to_string(i);
        tier_->offer(object(key, newest[key], "en"));
      }
    }
    if (round % 10 == 9) start();  // all that was offered and erased is on disk first
    tier_->flush();
    for (const std::string key : {"a", "b", "c", "d"}) {
      const auto got = get(key, "en");
      const auto want = newest.find(key);
      EXPECT_EQ(got, want == newest.end() ? std::nullopt : std::optional(want->second)) << key;
    }
    for (const auto& [key, value] : newest) tier_->erase(key);
  }
}

TEST_F(DiskTierTest, AFailingDiskIsCountedAndLeftAlone) {
  std::filesystem::remove_all(directory_);
  tier_->offer(object("k", "x", "en"));
  tier_->flush();
  EXPECT_EQ(tier_->errors(), 1u);
  tier_->offer(object("k", "x", "en"));
  tier_->flush();
  EXPECT_EQ(tier_->errors(), 1u);
  EXPECT_EQ(tier_->dropped(), 1u);
  EXPECT_EQ(get("k", "en"), std::nullopt);
}

TEST_F(DiskTierTest, AWipedOneIsEmpty) {
  tier_->offer(object("k", "x", "en"));
  tier_->wipe();
  EXPECT_EQ(tier_->find("k"), nullptr);
  EXPECT_EQ(tier_->bytes(), 0u);
}

TEST_F(DiskTierTest, WhatFindsItsQueueFullIsNotWritten) {
  tier_.reset();
  auto tier = DiskTier::open(
      {.directory = directory_, .capacity_bytes = 10 << 20, .queue_bytes = 100}, purges_);
  ASSERT_TRUE(tier);
  (*tier)->use();
  (*tier)->offer(object("k", std::string(101, 'x'), "en"));
  EXPECT_EQ((*tier)->dropped(), 1u);
  (*tier)->flush();
  EXPECT_EQ((*tier)->find("k"), nullptr);
}

}  // namespace
}  // namespace meridian::edge::disk
