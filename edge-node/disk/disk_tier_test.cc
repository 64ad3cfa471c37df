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
    auto tier = DiskTier::open({.directory = directory_,
                                .capacity_bytes = 10 << 20,
                                .now = [this] { return now_.load(); }},
                               purges_);
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

  enum class Length : bool { unknown, known };

  /// As a fill brings it that has no room in memory.
  bool bring(
      const std::string& key, const std::string& body, std::size_t piece_bytes, Length length,
      const std::function<void(std::size_t)>& before = [](std::size_t) {}) {
    const auto whole = object(key, body, "en");
    const auto write = tier_->begin(
        whole->head, length == Length::known ? std::optional(body.size()) : std::nullopt);
    if (!write) return false;
    for (std::size_t at = 0; at < body.size(); at += piece_bytes) {
      before(at);
      auto chunk = std::make_shared<Chunk>();
      chunk->bytes = body.substr(at, piece_bytes);
      (void)tier_->append(write, std::move(chunk));
      tier_->flush();
    }
    tier_->end(write, true);
    tier_->flush();
    return true;
  }

  std::filesystem::path directory_;
  std::atomic<Instant> now_{Instant(std::chrono::hours(1))};
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
    tier_->flush();
    if (round % 10 == 9) start();
    for (const std::string key : {"a", "b", "c", "d"}) {
      const auto got = get(key, "en");
      const auto want = newest.find(key);
      EXPECT_EQ(got, want == newest.end() ? std::nullopt : std::optional(want->second)) << key;
    }
    for (const auto& [key, value] : newest) tier_->erase(key);
  }
}

TEST_F(DiskTierTest, TakesABodyInPiecesWhileOthersAreWritten) {
  std::string body(300'000, 'b');
  for (std::size_t i = 0; i < body.size(); i += 7) body[i] = static_cast<char>(i);
  for (const auto length : {Length::known, Length::unknown}) {
    for (const std::size_t piece_bytes : {1'000, 65'536, 100'001}) {
      const auto key = (length == Length::known ? "k" : "u") + std::to_string(piece_bytes);
      ASSERT_TRUE(bring(key, body, piece_bytes, length, [&](std::size_t at) {
        EXPECT_EQ(tier_->find(key), nullptr) << "before its end";
        tier_->offer(object("other" + std::to_string(at), "o", "en"));
      }));
    }
  }
  for (int starts = 0; starts < 2; ++starts) {
    for (const std::string piece_bytes : {"1000", "65536", "100001"}) {
      EXPECT_EQ(get("k" + piece_bytes, "en"), body);
      EXPECT_EQ(get("u" + piece_bytes, "en"), body);
    }
    EXPECT_EQ(get("other0", "en"), "o");
    EXPECT_EQ(get("other200002", "en"), "o");
    start();
  }
}

TEST_F(DiskTierTest, WhatIsErasedWhileItComesIsNotThereInTheEnd) {
  const std::string body(200'000, 'b');
  for (const auto length : {Length::known, Length::unknown}) {
    ASSERT_TRUE(bring("k", body, 50'000, length, [&](std::size_t at) {
      if (at == 100'000) tier_->erase("k");
    }));
    EXPECT_EQ(tier_->find("k"), nullptr);
    ASSERT_TRUE(bring("j", body, 50'000, length, [&](std::size_t at) {
      if (at == 100'000) tier_->wipe();
    }));
    EXPECT_EQ(tier_->find("j"), nullptr);
    start();
    EXPECT_EQ(tier_->find("k"), nullptr);
    EXPECT_EQ(tier_->find("j"), nullptr);
    ASSERT_TRUE(bring("k", body, 50'000, length));
    EXPECT_EQ(get("k", "en"), body);
    tier_->erase("k");
  }
}

TEST_F(DiskTierTest, WhatGrowsLargerThanItTakesIsNotStored) {
  const auto write = tier_->begin(object("k", "", "en")->head, {});
  ASSERT_TRUE(write);
  auto chunk = std::make_shared<Chunk>();
  chunk->bytes = std::string(1 << 20, 'b');
  EXPECT_TRUE(tier_->append(write, chunk));
  EXPECT_FALSE(tier_->append(write, chunk)) << "an eighth of 10 MiB";
  tier_->end(write, true);
  tier_->flush();
  EXPECT_EQ(tier_->find("k"), nullptr);
  EXPECT_EQ(tier_->bytes(), 0u);
  EXPECT_EQ(tier_->errors(), 0u);
}

TEST_F(DiskTierTest, WhatNeverCameToItsEndLeavesWhatIsBehindIt) {
  const auto whole = object("k", std::string(200'000, 'b'), "en");
  const auto write = tier_->begin(whole->head, 200'000);
  ASSERT_TRUE(write);
  auto chunk = std::make_shared<Chunk>();
  chunk->bytes = std::string(100'000, 'b');
  EXPECT_TRUE(tier_->append(write, chunk));
  tier_->flush();
  tier_->offer(object("other", "o", "en"));
  tier_->flush();
  start();  // as after a crash
  EXPECT_EQ(tier_->find("k"), nullptr);
  EXPECT_EQ(get("other", "en"), "o");
}

TEST_F(DiskTierTest, ABodyOfAnotherLengthThanWasSaidIsNotStored) {
  for (const std::size_t bytes : {99'999, 100'001}) {
    const auto head = object("k", "", "en")->head;
    const auto write = tier_->begin(head, 100'000);
    ASSERT_TRUE(write);
    auto chunk = std::make_shared<Chunk>();
    chunk->bytes = std::string(bytes, 'b');
    EXPECT_TRUE(tier_->append(write, chunk));
    tier_->end(write, true);
    tier_->flush();
    EXPECT_EQ(tier_->find("k"), nullptr);
    now_ = now_.load() + std::chrono::seconds(60);
  }
}

TEST_F(DiskTierTest, AFailingDiskIsTriedAgainAfterAWhile) {
  std::filesystem::remove_all(directory_);
  std::filesystem::create_symlink("/dev/full", directory_);
  for (int i = 0; i < 3; ++i) {
    tier_->offer(object("k", "x", "en"));
    tier_->flush();
    EXPECT_EQ(tier_->errors(), static_cast<std::uint64_t>(i) + 1);
    now_ = now_.load() + std::chrono::seconds(1 << i) - std::chrono::milliseconds(1);
    tier_->offer(object("k", "x", "en"));
    EXPECT_EQ(tier_->dropped(), static_cast<std::uint64_t>(i) + 1) << "too soon";
    now_ = now_.load() + std::chrono::milliseconds(1);
  }
  std::filesystem::remove(directory_);
  std::filesystem::create_directory(directory_);
  tier_->offer(object("k", "x", "en"));
  tier_->flush();
  EXPECT_EQ(tier_->errors(), 3u);
  EXPECT_EQ(get("k", "en"), "x");
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
