#include "edge-node/http/range.h"

#include <gtest/gtest.h>

namespace meridian::http {
namespace {

using Kind = RangeAnswer::Kind;

TEST(Range, NamesAPartOfTheBody) {
  const auto part = [](std::string_view text) {
    const auto answer = parse_range(text, 100);
    EXPECT_EQ(answer.kind, Kind::parts) << text;
    EXPECT_EQ(answer.parts.size(), 1u) << text;
    return content_range(answer.parts.at(0), 100);
  };
  EXPECT_EQ(part("bytes=0-9"), "bytes 0-9/100");
  EXPECT_EQ(part("bytes=90-"), "bytes 90-99/100");
  EXPECT_EQ(part("bytes=90-1000"), "bytes 90-99/100");
  EXPECT_EQ(part("bytes=-1"), "bytes 99-99/100");
  EXPECT_EQ(part("BYTES=-1000"), "bytes 0-99/100");
}

TEST(Range, BeyondTheBodyIsUnsatisfiable) {
  EXPECT_EQ(parse_range("bytes=100-", 100).kind, Kind::unsatisfiable);
  EXPECT_EQ(parse_range("bytes=-0", 100).kind, Kind::unsatisfiable);
  EXPECT_EQ(parse_range("bytes=0-", 0).kind, Kind::unsatisfiable);
}

TEST(Range, WhatIsNotUnderstoodAsksForAll) {
  for (const char* text : {"", "bytes", "bytes=", "bytes=-", "bytes=a-b", "bytes=9-3",
                           "bytes=0-1,4-3", "lines=0-1", "bytes=0x1-2", "bytes=1"})
    EXPECT_EQ(parse_range(text, 100).kind, Kind::whole) << text;
}

TEST(Range, NumbersThatNoBodyHasLieBehindItsEnd) {
  EXPECT_EQ(parse_range("bytes=5-18446744073709551616", 100).parts,
            (std::vector<ByteRange>{{5, 99}}));
  EXPECT_EQ(parse_range("bytes=-18446744073709551616", 100).parts,
            (std::vector<ByteRange>{{0, 99}}));
  EXPECT_EQ(parse_range("bytes=18446744073709551616-", 100).kind, Kind::unsatisfiable);
}

TEST(Range, SeveralKeepTheirOrder) {
  const auto answer = parse_range("bytes=90-99, 0-1 ,200-300,-3", 100);
  EXPECT_EQ(answer.kind, Kind::parts);
  EXPECT_EQ(answer.parts, (std::vector<ByteRange>{{90, 99}, {0, 1}, {97, 99}}));
  EXPECT_EQ(parse_range("bytes=200-300,400-", 100).kind, Kind::unsatisfiable);
}

TEST(Range, TooMuchAsksForAll) {
  std::string many = "bytes=0-0";
  for (std::size_t i = 0; i < kMostRanges; ++i) many += ",1-1";
  EXPECT_EQ(parse_range(many, 100).kind, Kind::whole);
  EXPECT_EQ(parse_range("bytes=0-,0-", 100).kind, Kind::whole);
}

TEST(Range, ContentRangeIsReadBackStrictly) {
  const auto read = parse_content_range("bytes 4-9/10");
  ASSERT_TRUE(read);
  EXPECT_EQ(read->part, (ByteRange{4, 9}));
  EXPECT_EQ(read->body_bytes, 10u);
  for (const char* bad : {"", "bytes 4-9", "bytes 4-9/*", "bytes */10", "bytes 9-4/10",
                          "bytes 4-10/10", "bytes 4-18446744073709551615/18446744073709551616",
                          "lines 4-9/10", "bytes -9/10", "bytes 4/9-10"})
    EXPECT_FALSE(parse_content_range(bad)) << bad;
}

}  // namespace
}  // namespace meridian::http
