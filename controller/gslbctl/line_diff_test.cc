#include "controller/gslbctl/line_diff.h"

#include <random>

#include <gtest/gtest.h>

namespace meridian::gslbctl {
namespace {

std::string marked(std::string_view before, std::string_view after) {
  std::string text;
  for (const auto& line : line_diff(before, after))
    text += line.mark + std::string(line.text) + "\n";
  return text;
}

TEST(LineDiff, MarksWhatGoesAndComes) {
  EXPECT_EQ(marked("a\nb\nc\n", "a\nx\nc\n"), " a\n-b\n+x\n c\n");
  EXPECT_EQ(marked("", "a\n"), "+a\n");
  EXPECT_EQ(marked("a\n", ""), "-a\n");
  EXPECT_EQ(marked("", ""), "");
}

// Without the '+' lines it is the first text, without the '-' lines the second.
TEST(LineDiff, HoldsBothTexts) {
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    std::mt19937_64 random(seed);
    const auto text = [&] {
      std::string lines;
      for (auto n = random() % 12; n > 0; --n)
        lines += std::string(1, static_cast<char>('a' + random() % 4)) + "\n";
      return lines;
    };
    const auto before = text();
    const auto after = text();
    std::string first;
    std::string second;
    for (const auto& line : line_diff(before, after)) {
      if (line.mark != '+') first += std::string(line.text) + "\n";
      if (line.mark != '-') second += std::string(line.text) + "\n";
    }
    ASSERT_EQ(first, before);
    ASSERT_EQ(second, after);
  }
}

TEST(LineDiff, ShowsHugeTextsAsBlocks) {
  std::string before;
  std::string after;
  for (int i = 0; i < 5000; ++i) {
    before += "same\n";
    after += "same\n";
  }
  EXPECT_EQ(line_diff(before, after).size(), 10'000u);
}

}  // namespace
}  // namespace meridian::gslbctl
