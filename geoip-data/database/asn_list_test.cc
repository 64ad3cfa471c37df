#include "geoip-data/database/asn_list.h"

#include <random>

#include <gtest/gtest.h>

namespace meridian {
namespace {

constexpr std::string_view kList =
    "1.0.0.0,1.0.0.255,13335,\"Cloudflare, Inc.\"\r\n"
    "1.0.1.0,1.0.3.255,38803,Gtelecom\n"
    "255.0.0.0,255.255.255.255,7,End\n"
    "2001:200::,2001:200:1b9:ffff:ffff:ffff:ffff:ffff,2500,WIDE Project\n";

std::string refusal(std::string_view text) {
  const auto layer = read_asn_list(text);
  return layer ? "none" : layer.error().text();
}

TEST(AsnList, IsReadWhole) {
  const auto layer = read_asn_list(kList);
  ASSERT_TRUE(layer) << layer.error().text();
  World world;
  world.add(*layer);
  EXPECT_EQ(world.asn4.starts,
            (TableVector<std::uint32_t>{0, 0x01000000, 0x01000100, 0x01000400, 0xff000000}));
  EXPECT_EQ(world.asn4.values, (TableVector<std::uint32_t>{0, 13335, 38803, 0, 7}));
  EXPECT_EQ(world.asn6.values, (TableVector<std::uint32_t>{0, 2500, 0}));
}

TEST(AsnList, SaysWhichLineIsWrong) {
  EXPECT_EQ(refusal(""), "is empty");
  EXPECT_EQ(refusal("1.0.0.0,1.0.0.255,1,A\n16777472,16777727,2,B\n"),
            "line 2: '16777472' is not an IPv4 or IPv6 address");
  EXPECT_EQ(refusal("1.0.0.0,1.0.0.255,x,A\n"),
            "line 1: 'x' is not the number of an autonomous system");
  EXPECT_EQ(refusal("1.0.0.9,1.0.0.1,1,A\n"), "line 1: ends before it begins");
  EXPECT_EQ(refusal("1.0.0.9,::1,1,A\n"), "line 1: ends before it begins");
  EXPECT_EQ(refusal("1.0.1.0,1.0.1.255,1,A\n1.0.0.0,1.0.0.255,2,B\n"),
            "line 2: does not begin after the line above it");
  EXPECT_EQ(refusal("::1,::2,1,A\n1.0.0.0,1.0.0.255,2,B\n"),
            "line 2: does not begin after the line above it");
}

TEST(AsnList, FindsALineByItsText) {
  const auto name = [](const char* address) {
    const auto line = find_asn(kList, parse_address(address).value());
    return line ? std::string(line->name) : "none";
  };
  EXPECT_EQ(name("1.0.0.0"), "Cloudflare, Inc.");
  EXPECT_EQ(name("1.0.3.255"), "Gtelecom");
  EXPECT_EQ(name("1.0.4.0"), "none");
  EXPECT_EQ(name("0.0.0.1"), "none");
  EXPECT_EQ(name("255.255.255.255"), "End");
  EXPECT_EQ(name("2001:200::1"), "WIDE Project");
  EXPECT_EQ(name("2001:201::1"), "none");
  EXPECT_EQ(name("::1"), "none");
}

// What is found by text is what the ranges hold.
TEST(AsnList, FindsTheSameAsItsRanges) {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    std::mt19937_64 random(seed);
    std::string text;
    std::uint32_t next = 0;
    for (auto n = 1 + random() % 20; n > 0; --n) {
      const auto first = next + static_cast<std::uint32_t>(random() % 3);
      const auto last = first + static_cast<std::uint32_t>(random() % 5);
      text += IpAddress::v4(first).text() + "," + IpAddress::v4(last).text() + "," +
              std::to_string(1 + random() % 3) + ",N\n";
      next = random() % 4 == 0 ? first + 1 : last + 1;  // the next one may begin inside
    }
    const auto layer = read_asn_list(text);
    ASSERT_TRUE(layer) << layer.error().text();
    const RangeTable4 table(layer->v4);
    for (std::uint32_t i = 0; i < next + 8; ++i) {
      const auto line = find_asn(text, IpAddress::v4(i));
      ASSERT_EQ(line ? line->asn : 0, layer->records[table.find(i).value].asn) << i << "\n" << text;
    }
  }
}

}  // namespace
}  // namespace meridian
