#include "edge-node/h2/frame_walk.h"

#include <random>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace meridian::edge::h2 {
namespace {

std::string frame(std::uint8_t type, std::uint32_t stream, const std::string& payload) {
  std::string bytes;
  for (const auto one : {payload.size() >> 16, payload.size() >> 8, payload.size(),
                         std::size_t{type}, std::size_t{0}, std::size_t{stream >> 24},
                         std::size_t{stream >> 16}, std::size_t{stream >> 8}, std::size_t{stream}})
    bytes += static_cast<char>(one);
  return bytes + payload;
}

TEST(FrameWalk, TellsOfDataBeforeItsHeadIsWholeInAnyPieces) {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    SCOPED_TRACE(::testing::Message() << "seed " << seed);
    std::mt19937_64 random(seed);
    const std::string preface(random() % 2 ? 24 : 0, 'P');
    std::string bytes = preface;
    std::vector<std::pair<std::size_t, std::int32_t>> expected;  // where, and of which stream
    for (int i = 0; i < 20; ++i) {
      const auto type = static_cast<std::uint8_t>(random() % 3);
      const auto stream = static_cast<std::uint32_t>(random() % 4 == 0 ? 0x7fffffff : random() % 9);
      if (type == 0 && stream != 0)
        expected.emplace_back(bytes.size() + 8, static_cast<std::int32_t>(stream));
      bytes += frame(type, stream, std::string(random() % 3 ? random() % 300 : 0, '\0'));
    }
    FrameWalk walk(preface.size());
    std::vector<std::pair<std::size_t, std::int32_t>> told;
    for (std::size_t at = 0; at < bytes.size();) {
      const auto end = std::min<std::size_t>(bytes.size(), at + 1 + random() % 40);
      while (at < end) {
        const auto step = walk.step(std::span<const char>(bytes).subspan(at, end - at));
        at += step.size;
        if (step.data_for != 0) told.emplace_back(at, step.data_for);
      }
    }
    EXPECT_EQ(told, expected);
  }
}

TEST(FrameWalk, KnowsWhereAHeaderSectionBeginsAndEnds) {
  constexpr std::uint8_t kHeaders = 1, kPing = 6, kContinuation = 9, kEndHeaders = 4;
  FrameWalk walk(0);
  const auto pass = [&walk](const std::string& bytes) { (void)walk.step(bytes); };
  const auto with_flags = [](std::string bytes, std::uint8_t flags) {
    bytes[4] = static_cast<char>(flags);
    return bytes;
  };
  const auto whole = with_flags(frame(kHeaders, 1, "abc"), kEndHeaders);
  EXPECT_FALSE(walk.is_within_head());
  pass(whole.substr(0, 10));
  EXPECT_TRUE(walk.is_within_head());
  pass(whole.substr(10));
  EXPECT_FALSE(walk.is_within_head());
  pass(frame(kHeaders, 3, "abc"));
  EXPECT_TRUE(walk.is_within_head());
  pass(frame(kContinuation, 3, "def"));
  EXPECT_TRUE(walk.is_within_head());
  pass(with_flags(frame(kContinuation, 3, ""), kEndHeaders));
  EXPECT_FALSE(walk.is_within_head());
  pass(frame(kPing, 0, "12345678"));
  EXPECT_FALSE(walk.is_within_head());
}

}  // namespace
}  // namespace meridian::edge::h2
