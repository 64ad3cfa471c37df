#include "edge-node/disk/segment_store.h"

#include <filesystem>
#include <fstream>
#include <map>
#include <random>

#include <gtest/gtest.h>
#include <stdlib.h>

namespace meridian::edge::disk {
namespace {

class SegmentStoreTest : public ::testing::Test {
 protected:
  SegmentStoreTest() {
    std::string name = (std::filesystem::temp_directory_path() / "segments-XXXXXX").string();
    directory_ = ::mkdtemp(name.data());
  }
  ~SegmentStoreTest() override { std::filesystem::remove_all(directory_); }

  static bool write(SegmentStore& store, const std::string& key, const std::string& body) {
    auto head = std::make_shared<StoredHead>();
    head->key = std::make_shared<const std::string>(key);
    head->born = 7;
    head->names.site = 42;
    head->fields.add("Content-Type", "text/plain");
    head->fields.add("Surrogate-Key", "red");
    Object object;
    object.head = head;
    for (std::size_t at = 0; at < body.size(); at += 50'000) {
      auto chunk = std::make_shared<Chunk>();
      chunk->bytes = body.substr(at, 50'000);
      object.body.push_back(std::move(chunk));
    }
    object.body_bytes = body.size();
    const std::atomic<bool> is_void{false};
    return store.write(object, is_void).has_value();
  }

  static StoredHead head_of(const std::string& key) {
    StoredHead head;
    head.key = std::make_shared<const std::string>(key);
    return head;
  }

  /// The newest body under the key that can be read; nothing is a miss.
  static std::optional<std::string> read(const SegmentStore& store, const std::string& key) {
    for (const auto& location : store.find(stable_hash(key))) {
      const auto head = location.read_head();
      if (!head || *head->key != key) return std::nullopt;
      std::string body;
      for (std::uint64_t block = 0; block < location.header.blocks(); block += 2) {
        const auto piece = location.read_blocks(block, 2);
        if (piece.empty()) return std::nullopt;
        body += piece;
      }
      return body;
    }
    return std::nullopt;
  }

  static std::string body_of(std::size_t size, char first) {
    std::string body(size, first);
    for (std::size_t i = 0; i < size; i += 97) body[i] = static_cast<char>(i / 97);
    return body;
  }

  std::filesystem::path directory_;
};

TEST_F(SegmentStoreTest, ReadsWhatWasWrittenAlsoAfterARestart) {
  const auto large = body_of(300'000, 'x');
  {
    SegmentStore store(directory_, 10 << 20);
    ASSERT_TRUE(store.load());
    ASSERT_TRUE(write(store, "small", "hello"));
    ASSERT_TRUE(write(store, "large", large));
    ASSERT_TRUE(write(store, "empty", ""));
    EXPECT_EQ(read(store, "large"), large);
  }
  SegmentStore again(directory_, 10 << 20);
  EXPECT_FALSE(again.has(stable_hash("small")));
  ASSERT_TRUE(again.load());
  EXPECT_EQ(read(again, "small"), "hello");
  EXPECT_EQ(read(again, "large"), large);
  EXPECT_EQ(read(again, "empty"), "");
  EXPECT_EQ(again.objects(), 3u);
  const auto head = again.find(stable_hash("small"))[0].read_head();
  EXPECT_EQ(head->born, 7u);
  EXPECT_EQ(head->names.site, 42u);
  EXPECT_EQ(head->names.tags.size(), 1u);
  EXPECT_EQ(head->fields.find("content-type"), "text/plain");
}

TEST_F(SegmentStoreTest, WhatWasErasedStaysSoAfterARestart) {
  {
    SegmentStore store(directory_, 10 << 20);
    ASSERT_TRUE(store.load());
    ASSERT_TRUE(write(store, "a", "1"));
    store.forget(stable_hash("a"));
    ASSERT_TRUE(store.write_erased(stable_hash("a")));
    ASSERT_TRUE(write(store, "b", "2"));
  }
  SegmentStore again(directory_, 10 << 20);
  ASSERT_TRUE(again.load());
  EXPECT_EQ(read(again, "a"), std::nullopt);
  EXPECT_EQ(read(again, "b"), "2");
}

TEST_F(SegmentStoreTest, NothingIsLeftOfWhatCannotBeRead) {
  {
    SegmentStore store(directory_, 10 << 20);
    ASSERT_TRUE(store.load());
    ASSERT_TRUE(write(store, "a", "old"));
  }
  const auto segment = *std::filesystem::directory_iterator(directory_);
  auto name = segment.path().filename().string();
  name.back() = 'f';  // its number
  std::filesystem::create_directory(directory_ / name);
  {
    SegmentStore store(directory_, 10 << 20);
    ASSERT_FALSE(store.load());
    store.wipe();
    ASSERT_TRUE(write(store, "b", "new"));
    EXPECT_EQ(read(store, "b"), "new");
  }
  SegmentStore store(directory_, 10 << 20);
  ASSERT_TRUE(store.load());
  EXPECT_EQ(read(store, "a"), std::nullopt);
  EXPECT_EQ(read(store, "b"), "new");
}

TEST_F(SegmentStoreTest, KeepsWithinItsBytesByDroppingTheOldest) {
  constexpr std::uint64_t kCapacity = 2'000'000;
  SegmentStore store(directory_, kCapacity);
  ASSERT_TRUE(store.load());
  for (int i = 0; i < 100; ++i) {
    ASSERT_TRUE(write(store, "k" + std::to_string(i), body_of(60'000, 'k')));
    ASSERT_LE(store.bytes(), kCapacity);
  }
  std::uint64_t bytes = 0;
  for (const auto& file : std::filesystem::directory_iterator(directory_))
    bytes += file.file_size();
  EXPECT_EQ(bytes, store.bytes());
  EXPECT_EQ(read(store, "k0"), std::nullopt);
  EXPECT_EQ(read(store, "k99"), body_of(60'000, 'k'));
  store.wipe();
  EXPECT_EQ(store.bytes(), 0u);
  EXPECT_EQ(store.objects(), 0u);
  EXPECT_TRUE(std::filesystem::is_empty(directory_));
}

// Wherever a write is torn: what was before it is still there, what was torn is a miss.
TEST_F(SegmentStoreTest, ATornRecordIsAMiss) {
  SegmentStore store(directory_, 10 << 20);
  ASSERT_TRUE(store.load());
  ASSERT_TRUE(write(store, "before", "whole"));
  const auto file = std::filesystem::directory_iterator(directory_)->path();
  const auto begin = std::filesystem::file_size(file);
  ASSERT_TRUE(write(store, "torn", body_of(400, 't')));
  const auto end = std::filesystem::file_size(file);
  for (auto size = end; size-- > begin;) {
    std::filesystem::resize_file(file, size);
    SegmentStore again(directory_, 10 << 20);
    ASSERT_TRUE(again.load());
    ASSERT_EQ(read(again, "before"), "whole");
    ASSERT_EQ(read(again, "torn"), std::nullopt) << size;
  }
}

// Whichever byte a disk gets wrong: never wrong bytes.
TEST_F(SegmentStoreTest, ADamagedRecordIsAMiss) {
  SegmentStore store(directory_, 10 << 20);
  ASSERT_TRUE(store.load());
  const auto body = body_of(70'000, 'd');
  ASSERT_TRUE(write(store, "damaged", body));
  const auto file = std::filesystem::directory_iterator(directory_)->path();
  const auto size = std::filesystem::file_size(file);
  for (std::uint64_t at = 0; at < size; at += at < 400 ? 1 : 997) {
    std::fstream bytes(file, std::ios::in | std::ios::out | std::ios::binary);
    const auto flip = [&] {
      bytes.seekg(static_cast<std::streamoff>(at));
      const char old = static_cast<char>(bytes.get());
      bytes.seekp(static_cast<std::streamoff>(at));
      bytes.put(static_cast<char>(old ^ 0x10));
      bytes.flush();
    };
    flip();
    SegmentStore again(directory_, 10 << 20);
    ASSERT_TRUE(again.load());
    ASSERT_EQ(read(again, "damaged"), std::nullopt) << at;
    flip();
  }
  EXPECT_EQ(read(store, "damaged"), body);
}

TEST_F(SegmentStoreTest, ABodyWhoseLengthNobodyKnowsTakesRoomAsItGrows) {
  const std::atomic<bool> is_void{false};
  for (const std::size_t size : {0, 1, 65'536, 300'000}) {
    const auto key = "grows" + std::to_string(size);
    const auto body = body_of(size, 'g');
    {
      SegmentStore store(directory_, 10 << 20);
      ASSERT_TRUE(store.load());
      auto record = store.begin(head_of(key), {});
      ASSERT_TRUE(record);
      for (std::size_t at = 0; at < size; at += 50'000) {
        ASSERT_TRUE(store.append(*record, std::string_view(body).substr(at, 50'000)));
        ASSERT_TRUE(write(store, "beside" + std::to_string(at), "b"));
        EXPECT_FALSE(store.has(stable_hash(key)));
      }
      ASSERT_TRUE(store.commit(*record, is_void));
      EXPECT_EQ(read(store, key), body);
      ASSERT_TRUE(write(store, "behind", "it"));
    }
    SegmentStore again(directory_, 10 << 20);
    ASSERT_TRUE(again.load());
    EXPECT_EQ(read(again, key), body);
    EXPECT_EQ(read(again, "behind"), "it");
  }
  SegmentStore last(directory_, 10 << 20);
  ASSERT_TRUE(last.load());
  EXPECT_EQ(read(last, "beside250000"), "b");
}

TEST_F(SegmentStoreTest, ABodyThatGrowsToTheMostThereMayBeHasItsOwnLength) {
  constexpr std::uint64_t kCapacity = 1'600'000;  // an eighth of it is no number of whole blocks
  const std::atomic<bool> is_void{false};
  for (const std::size_t size : {kCapacity / 8, 3 * kBlockBytes, 3 * kBlockBytes + 1}) {
    const auto body = body_of(size, 'g');
    {
      SegmentStore store(directory_, kCapacity);
      ASSERT_TRUE(store.load());
      auto record = store.begin(head_of("grows" + std::to_string(size)), {});
      ASSERT_TRUE(record);
      ASSERT_TRUE(store.append(*record, body));
      ASSERT_TRUE(store.commit(*record, is_void));
      ASSERT_TRUE(write(store, "behind" + std::to_string(size), "it"));
    }
    SegmentStore again(directory_, kCapacity);
    ASSERT_TRUE(again.load());
    EXPECT_EQ(read(again, "grows" + std::to_string(size)),
              size == 3 * kBlockBytes ? std::optional(body) : std::nullopt);
    EXPECT_EQ(read(again, "behind" + std::to_string(size)), "it");
  }
}

TEST_F(SegmentStoreTest, WhatWasWrittenWhileAnOlderOneGrewIsTheNewer) {
  const std::atomic<bool> is_void{false};
  SegmentStore store(directory_, 10 << 20);
  ASSERT_TRUE(store.load());
  auto record = store.begin(head_of("key"), {});
  ASSERT_TRUE(record);
  ASSERT_TRUE(write(store, "key", "newer"));
  ASSERT_TRUE(store.append(*record, "older"));
  ASSERT_TRUE(store.commit(*record, is_void));
  EXPECT_EQ(read(store, "key"), "newer");
}

// Whatever a body says: what lies behind a head that never came to its end is no record.
TEST_F(SegmentStoreTest, WhatGrewUntilACrashIsAMissAndWhatWasBeforeItIsThere) {
  {
    SegmentStore store(directory_, 10 << 20);
    ASSERT_TRUE(store.load());
    ASSERT_TRUE(write(store, "before", "whole"));
    auto record = store.begin(head_of("grows"), {});
    ASSERT_TRUE(record);
    const Place behind{record->segment->number(),
                       record->offset + kHeaderBytes + record->header.head_bytes};
    const RecordHeader forged{
        .kind = RecordHeader::Kind::erased, .key_hash = stable_hash("before"), .number = 1'000'000};
    ASSERT_TRUE(store.append(*record, encode_header(forged, behind) + body_of(100'000, 'g')));
  }
  SegmentStore again(directory_, 10 << 20);
  ASSERT_TRUE(again.load());
  EXPECT_EQ(read(again, "before"), "whole");
  EXPECT_FALSE(again.has(stable_hash("grows")));
  ASSERT_TRUE(write(again, "grows", "anew"));
  EXPECT_EQ(read(again, "grows"), "anew");
}

TEST_F(SegmentStoreTest, WhatGrowsTooLargeGivesItsRoomBack) {
  constexpr std::uint64_t kCapacity = 1'000'000;
  const std::atomic<bool> is_void{false};
  SegmentStore store(directory_, kCapacity);
  ASSERT_TRUE(store.load());
  ASSERT_TRUE(write(store, "before", "whole"));
  const auto bytes = store.bytes();
  auto record = store.begin(head_of("grows"), {});
  ASSERT_TRUE(record);
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(store.append(*record, body_of(kCapacity / 16, 'g')));
  ASSERT_TRUE(store.commit(*record, is_void));
  EXPECT_FALSE(store.has(stable_hash("grows")));
  EXPECT_EQ(store.bytes(), bytes);
  EXPECT_EQ(read(store, "before"), "whole");
}

// They are written to other segments meanwhile, and may outlive it.
TEST_F(SegmentStoreTest, AnErasureHoldsAfterARestartWhereverWhatItErasesLies) {
  const std::atomic<bool> is_void{false};
  for (const char* key : {"before", "beside", "grows"}) {
    std::filesystem::remove_all(directory_);
    std::filesystem::create_directory(directory_);
    {
      SegmentStore store(directory_, 10 << 20);
      ASSERT_TRUE(store.load());
      ASSERT_TRUE(write(store, "before", "1"));
      auto record = store.begin(head_of("grows"), {});
      ASSERT_TRUE(record);
      ASSERT_TRUE(write(store, "beside", "2"));
      ASSERT_TRUE(store.append(*record, "3"));
      ASSERT_TRUE(store.commit(*record, is_void));
      store.forget(stable_hash(key));
      ASSERT_TRUE(store.write_erased(stable_hash(key)));
    }
    SegmentStore again(directory_, 10 << 20);
    ASSERT_TRUE(again.load());
    for (const std::string one : {"before", "beside", "grows"})
      EXPECT_EQ(again.has(stable_hash(one)), one != key) << one << " " << key;
  }
}

TEST_F(SegmentStoreTest, ALoadThatIsAbandonedLeavesAllForAnother) {
  {
    SegmentStore store(directory_, 1 << 20);
    ASSERT_TRUE(store.load());
    for (const std::string key : {"a", "b", "c"})
      ASSERT_TRUE(write(store, key, std::string(30'000, 'x')));
  }
  SegmentStore leaving(directory_, 1 << 20);
  leaving.abandon_load();
  EXPECT_TRUE(leaving.load());
  EXPECT_EQ(leaving.objects(), 0u);
  EXPECT_EQ(read(leaving, "a"), std::nullopt);
  SegmentStore next(directory_, 1 << 20);
  ASSERT_TRUE(next.load());
  EXPECT_EQ(next.objects(), 3u);
  for (const std::string key : {"a", "b", "c"}) EXPECT_TRUE(read(next, key));
}

TEST_F(SegmentStoreTest, ADirectoryThatIsGoneIsAnError) {
  SegmentStore store(directory_, 10 << 20);
  ASSERT_TRUE(store.load());
  std::filesystem::remove_all(directory_);
  EXPECT_FALSE(write(store, "a", "1"));
}

// Against a map, with crashes that leave a part of the last write.
TEST_F(SegmentStoreTest, NeverAnswersWithOtherBytesThanWereWritten) {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    SCOPED_TRACE(::testing::Message() << "seed " << seed);
    std::mt19937_64 random(seed);
    std::filesystem::remove_all(directory_);
    std::filesystem::create_directory(directory_);
    constexpr std::uint64_t kCapacity = 1'000'000;
    auto store = std::make_unique<SegmentStore>(directory_, kCapacity);
    ASSERT_TRUE(store->load());
    std::map<std::string, std::string> model;
    int found = 0;
    std::optional<OpenRecord> open;  // of a body whose length nobody knows
    std::string open_key, open_body;
    std::atomic<bool> open_is_void{false};
    for (int step = 0; step < 600; ++step) {
      auto key = "k" + std::to_string(random() % 30);
      const auto grown = "g" + std::to_string(random() % 5);
      const auto action = random() % 24;
      if (action % 2 == 1) key = grown;
      switch (action) {
        case 0:
        case 23:
          store->forget(stable_hash(key));
          ASSERT_TRUE(store->write_erased(stable_hash(key)));
          model.erase(key);
          if (open && key == open_key) open_is_void = true;
          break;
        case 5:
        case 6:
        case 7:
        case 8:
          if (open) {
            const auto piece = body_of(random() % 90'000, static_cast<char>('a' + step % 26));
            ASSERT_TRUE(store->append(*open, piece));
            open_body += piece;
          } else {
            auto begun = store->begin(head_of(grown), {});
            ASSERT_TRUE(begun);
            open = std::move(*begun);
            open_key = grown;
            open_body.clear();
            open_is_void = false;
          }
          break;
        case 9:
          if (!open) break;
          if (random() % 2 == 0) {
            ASSERT_TRUE(store->commit(*open, open_is_void));
            // It may have become too large, or the oldest.
            if (!open_is_void && read(*store, open_key) == open_body) model[open_key] = open_body;
          } else {
            store->give_up(*open);
          }
          open.reset();
          break;
        case 1: {  // kill -9 in the middle of a write, and a new start
          open.reset();
          store.reset();
          std::filesystem::path newest;
          for (const auto& file : std::filesystem::directory_iterator(directory_))
            newest = std::max(newest, file.path());
          if (!newest.empty()) {
            std::ofstream torn(newest, std::ios::app | std::ios::binary);
            torn << std::string(random() % 200, 't');
          }
          store = std::make_unique<SegmentStore>(directory_, kCapacity);
          ASSERT_TRUE(store->load());
          break;
        }
        case 2:
        case 3:
        case 4: {
          key[0] = 'k';
          const auto body = body_of(random() % 90'000, static_cast<char>('a' + step % 26));
          ASSERT_TRUE(write(*store, key, body));
          model[key] = body;
          break;
        }
        default:
          if (const auto body = read(*store, key)) {
            ASSERT_TRUE(model.contains(key));
            ASSERT_EQ(*body, model[key]);
            ++found;
          }
          break;
      }
      ASSERT_LE(store->bytes(), kCapacity);
    }
    EXPECT_GT(found, 20);
  }
}

}  // namespace
}  // namespace meridian::edge::disk
