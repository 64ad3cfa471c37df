#include "edge-node/http/range.h"

#include <gtest/gtest.h>

namespace meridian::http {
namespace {

using Kind = RangeAnswer::Kind;

TEST(Range, NamesAPartOfTheBody) {
  const auto part = [](std::string_view text) {
    const auto answer = parse_range(text, 100);
    EXPECT_EQ(answer.kind, Kind::part) << text;
    return content_range(answer, 100);
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
                           "bytes=0-1,3-4", "lines=0-1", "bytes=0x1-2", "bytes=1"})
    EXPECT_EQ(parse_range(text, 100).kind, Kind::whole) << text;
}

}  // namespace
}  // namespace meridian::http
