#include "edge-node/request/lookup.h"

#include <gtest/gtest.h>

#include "edge-node/request/send.h"

namespace meridian::edge {
namespace {

const WallTime kNow = WallClock::from_time_t(1'700'000'000);

http::RequestHead request(const char* method, const char* name = nullptr,
                          const char* value = nullptr) {
  http::RequestHead head;
  head.method = method;
  if (name) head.fields.add(name, value);
  return head;
}

TEST(IsCacheable, GetIsAndHeadMayBeAnswered) {
  EXPECT_EQ(is_cacheable(request("GET")), Cacheable::yes);
  EXPECT_EQ(is_cacheable(request("HEAD")), Cacheable::read_only);
  EXPECT_EQ(is_cacheable(request("POST")), Cacheable::no);
  EXPECT_EQ(is_cacheable(request("GET", "Upgrade", "websocket")), Cacheable::no);
  EXPECT_EQ(is_cacheable(request("GET", "Upgrade", "h2c")), Cacheable::yes);
  EXPECT_EQ(is_cacheable(request("GET", "If-Match", "\"a\"")), Cacheable::no);
  auto with_body = request("GET");
  with_body.framing = {http::Framing::Kind::length, 1};
  EXPECT_EQ(is_cacheable(with_body), Cacheable::no);
}

TEST(Portion, IsCutOutOfPiecesOfAnySize) {
  StoredHead stored;
  const auto asked = request("GET", "Range", "bytes=3-6");
  for (const std::size_t size : {1u, 2u, 3u, 10u}) {
    auto portion = choose_portion(asked, stored, 10, Body::streaming, kNow);
    EXPECT_EQ(portion.status, 206);
    EXPECT_EQ(portion.framing.length, 4u);
    std::string sent;
    for (std::size_t i = 0; i < 10; i += size)
      sent += portion.cut(std::string_view("0123456789").substr(i, size));
    EXPECT_EQ(sent, "3456");
  }
}

TEST(Portion, OfABodyWhoseLengthIsNotKnownIsAll) {
  const auto portion = choose_portion(request("GET", "Range", "bytes=3-6"), StoredHead(),
                                      std::nullopt, Body::streaming, kNow);
  EXPECT_EQ(portion.status, 200);
  EXPECT_EQ(portion.framing.kind, http::Framing::Kind::until_close);
}

TEST(Portion, SeveralPartsOnlyOfWhatIsWholeAtHand) {
  StoredHead stored;
  stored.fields.add("Content-Type", "text/plain");
  const auto asked = request("GET", "Range", "bytes=0-1,-2");
  EXPECT_EQ(choose_portion(asked, stored, 10, Body::streaming, kNow).status, 200);
  const auto portion = choose_portion(asked, stored, 10, Body::stored, kNow);
  EXPECT_EQ(portion.status, 206);
  EXPECT_EQ(portion.parts, (std::vector<http::ByteRange>{{0, 1}, {8, 9}}));
  const std::string sent = http::part_head(portion.boundary, "text/plain", {0, 1}, 10) + "01" +
                           http::part_head(portion.boundary, "text/plain", {8, 9}, 10) + "89" +
                           http::parts_end(portion.boundary);
  EXPECT_EQ(portion.framing.length, sent.size());
}

TEST(Portion, OnlyASuccessCanBeUnchanged) {
  StoredHead stored;
  stored.fields.add("ETag", "\"a\"");
  const auto asked = request("GET", "If-None-Match", "\"a\"");
  EXPECT_EQ(choose_portion(asked, stored, 10, Body::streaming, kNow).status, 304);
  stored.status = 404;
  EXPECT_EQ(choose_portion(asked, stored, 10, Body::streaming, kNow).status, 404);
}

}  // namespace
}  // namespace meridian::edge
