#include "edge-node/cache/parts.h"

#include <random>

#include <gtest/gtest.h>

namespace meridian::edge {
namespace {

constexpr std::string_view kBody = "0123456789abcdefghijklmnopqrstuvwxyz";

ChunkPtr chunk(std::string_view bytes) {
  auto made = std::make_shared<Chunk>();
  made->bytes = bytes;
  return made;
}

/// A part of kBody, in chunks of three bytes.
StoredPart part(std::uint64_t first, std::uint64_t bytes) {
  StoredPart made{.first = first, .bytes = bytes, .chunks = {}};
  for (std::uint64_t at = 0; at < bytes; at += 3)
    made.chunks.push_back(chunk(kBody.substr(first + at, std::min<std::uint64_t>(3, bytes - at))));
  return made;
}

std::string text(const StoredPart& part) {
  std::string text;
  for (const auto& one : part.chunks) text += one->bytes;
  return text;
}

Parts with(const Parts& stored, StoredPart newer, PartLimits limits = {.bytes = 100}) {
  return combine(stored, std::move(newer), limits, chunk);
}

const Parts kNone{.complete_bytes = kBody.size(), .parts = {}};

TEST(Parts, ThatTouchOrOverlapBecomeOne) {
  auto parts = with(kNone, part(4, 4));
  parts = with(parts, part(8, 2));  // touches
  ASSERT_EQ(parts.parts.size(), 1u);
  parts = with(parts, part(2, 5));  // overlaps in the middle of a chunk
  ASSERT_EQ(parts.parts.size(), 1u);
  EXPECT_EQ(parts.parts[0].first, 2u);
  EXPECT_EQ(text(parts.parts[0]), "23456789");
  EXPECT_EQ(with(parts, part(0, 2)).only_gap(), (http::ByteRange{10, 35}));
  EXPECT_TRUE(is_whole(with(with(parts, part(0, 2)), part(10, 26))));
}

TEST(Parts, AreFoundOnlyWhereTheyHoldTheWholeRange) {
  const auto parts = with(with(kNone, part(0, 4)), part(10, 4));
  EXPECT_EQ(parts.find({10, 13}), &parts.parts[1]);
  EXPECT_EQ(parts.find({1, 2}), &parts.parts[0]);
  EXPECT_FALSE(parts.find({3, 4}));
  EXPECT_FALSE(parts.find({0, 10}));
  EXPECT_FALSE(parts.only_gap());  // there are two
  EXPECT_EQ(with(parts, part(14, 22)).only_gap(), (http::ByteRange{4, 9}));
}

TEST(Parts, BeyondTheirLimitsAreThoseFarthestFromTheNewest) {
  auto parts = with(with(kNone, part(0, 4)), part(30, 4));
  parts = with(parts, part(26, 2), {.bytes = 8});
  ASSERT_EQ(parts.parts.size(), 2u);
  EXPECT_EQ(parts.parts[0].first, 26u);
  parts = with(parts, part(10, 2), {.bytes = 100, .parts = 1});
  ASSERT_EQ(parts.parts.size(), 1u);
  EXPECT_EQ(parts.parts[0].first, 10u);
}

TEST(Parts, WithoutRoomToCutAreLeftOut) {
  const auto none = [](std::string_view) { return ChunkPtr(); };
  const auto parts = combine(with(kNone, part(0, 6)), part(4, 6), {.bytes = 100}, none);
  ASSERT_EQ(parts.parts.size(), 1u);
  EXPECT_EQ(text(parts.parts[0]), "456789");
}

// A mark for each byte is the measure of it.
TEST(Parts, HoldWhatAMapOfBytesHolds) {
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    std::mt19937_64 random(seed);
    std::vector<bool> stored(kBody.size());
    Parts parts = kNone;
    while (!is_whole(parts)) {
      const auto first = random() % kBody.size();
      const auto bytes = 1 + random() % std::min<std::size_t>(9, kBody.size() - first);
      parts = with(parts, part(first, bytes), {.bytes = 100, .parts = 100});
      std::fill_n(stored.begin() + static_cast<std::ptrdiff_t>(first), bytes, true);
      std::uint64_t at = 0;
      for (const auto& one : parts.parts) {
        for (; at < one.first; ++at) ASSERT_FALSE(stored[at]);
        ASSERT_EQ(text(one), kBody.substr(one.first, one.bytes));
        for (; at < one.end(); ++at) ASSERT_TRUE(stored[at]);
        ASSERT_TRUE(at == kBody.size() || !stored[at]);
      }
      for (; at < kBody.size(); ++at) ASSERT_FALSE(stored[at]);
    }
  }
}

}  // namespace
}  // namespace meridian::edge
