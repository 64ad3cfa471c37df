#include "edge-node/encode/coding.h"

#include <array>

#include <gtest/gtest.h>

namespace meridian::edge {
namespace {

constexpr std::array kOffered{Coding::zstd, Coding::br, Coding::gzip};

std::string_view chosen(std::string_view accept_encoding) {
  return coding_name(choose_coding(accept_encoding, kOffered));
}

TEST(ChooseCoding, FollowsTheSiteAmongEquals) {
  EXPECT_EQ(chosen("gzip, deflate, br, zstd"), "zstd");
  EXPECT_EQ(chosen("gzip, deflate, br"), "br");
  EXPECT_EQ(chosen("gzip"), "gzip");
  EXPECT_EQ(chosen("GZip"), "gzip");
  EXPECT_EQ(chosen("x-gzip"), "gzip");
  EXPECT_EQ(chosen("*"), "zstd");
}

TEST(ChooseCoding, FollowsTheVisitorsWeights) {
  EXPECT_EQ(chosen("gzip;q=1.0, br;q=0.9, zstd;q=0.8"), "gzip");
  EXPECT_EQ(chosen("gzip;q=0.5, br; q=0.501"), "br");
  EXPECT_EQ(chosen("zstd;q=0, br;q=0, gzip;q=0.001"), "gzip");
  EXPECT_EQ(chosen("zstd;q=0, *;q=0.5"), "br");
  EXPECT_EQ(chosen("gzip, *;q=0"), "gzip");
  EXPECT_EQ(chosen("gzip;q=0.5, identity"), "identity");
  EXPECT_EQ(chosen("gzip;q=0.5, identity;q=0.5"), "gzip");
  EXPECT_EQ(chosen("identity;q=0, gzip"), "gzip");
}

TEST(ChooseCoding, SendsThingsAsTheyAreWhenInDoubt) {
  for (const auto* text :
       {"", "identity", "deflate", "gzip;q=0", "*;q=0", "br;q=2", "br;q=", "br;q=0.0001", "br;q=x",
        "br;level=5", "br;q=-1", ";q=1", "gzip br", "\"gzip\"", ",,,"})
    EXPECT_EQ(chosen(text), "identity") << text;
  EXPECT_EQ(choose_coding("gzip, br", std::array{Coding::zstd}), Coding::identity);
  EXPECT_EQ(choose_coding("gzip, br", {}), Coding::identity);
}

TEST(Coding, HasTheNameOfItsRegistration) {
  for (const auto* name : {"identity", "gzip", "br", "zstd"})
    EXPECT_EQ(coding_name(parse_coding(name).value()), name);
  EXPECT_FALSE(parse_coding("deflate"));
}

}  // namespace
}  // namespace meridian::edge
