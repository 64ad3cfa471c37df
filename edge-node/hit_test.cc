// Hits are answered by a shorter way than all else: what visitors see must not tell.
#include <gtest/gtest.h>

#include "edge-node/testing/http2_client.h"
#include "edge-node/testing/world.h"

namespace meridian::edge {
namespace {

using testing::Client;
using testing::eventually;
using testing::Http2Client;
using testing::reply;
using testing::World;
using Origin = testing::Origin;

constexpr const char* kHost = World::kHost;

Origin::Reply say(std::string bytes) {
  return {.bytes = std::move(bytes), .gated = false, .after_gate = {}, .close = false};
}

/// What the origin says of everything; every field of it has its own way through the edge.
Origin::Reply rich(const Origin::Request& request) {
  const bool missing = request.head.target == "/missing";
  return say(
      reply(missing ? 404 : 200,
            "Cache-Control: public, max-age=600\r\nETag: \"e\"\r\nAge: 7\r\nSurrogate-Key: a b\r\n"
            "Cache-Tag: c\r\nVary: X-Kind\r\n"
            "Strict-Transport-Security: max-age=1\r\nSet-Cookie: a=b\r\nSet-Cookie: c=d\r\n"
            "Server: secret\r\nX-Empty:\r\nContent-Language: en\r\n",
            "body of " + request.head.target));
}

/// It sends a request the long way, and changes nothing else.
const std::string kLongWay = "Pragma: none\r\n";

class Hit : public ::testing::Test {
 protected:
  /// After the first answer, so that both are hits.
  void expect_same(const std::string& target, Client& visitor) {
    (void)visitor.get(kHost, target);
    auto longer = visitor.get(kHost, target, kLongWay);
    EXPECT_TRUE(longer.field("cache-status").starts_with("meridian; hit"));
    auto shorter = visitor.get(kHost, target);
    for (auto* response : {&longer, &shorter})
      for (const char* changing : {"age", "cache-status"}) {
        EXPECT_NE(response->field(changing), "");
        response->fields.erase(changing);
      }
    EXPECT_EQ(shorter.status, longer.status);
    EXPECT_EQ(shorter.fields, longer.fields);
    EXPECT_EQ(shorter.body, longer.body);
  }

  Origin origin_{rich};
};

TEST_F(Hit, SaysTheSameByTheShorterWay) {
  World world({&origin_});
  const auto visitor = world.visit();
  expect_same("/a", *visitor);
  expect_same("/missing", *visitor);
  Client plain(world.http_port());
  expect_same("/a", plain);
}

TEST_F(Hit, SaysTheSameWithHstsAndWithoutVia) {
  World world({&origin_});
  world.site.mutable_hsts();
  world.site.mutable_forwarded()->set_via(false);
  ASSERT_TRUE(world.apply());
  const auto visitor = world.visit();
  expect_same("/a", *visitor);
  EXPECT_EQ(visitor->get(kHost, "/a").field("strict-transport-security"), "max-age=31536000");
  EXPECT_EQ(visitor->get(kHost, "/a").field("via"), "");
}

TEST_F(Hit, FollowsAChangeOfTheSite) {
  World world({&origin_});
  const auto visitor = world.visit();
  expect_same("/a", *visitor);
  world.site.mutable_hsts();
  ASSERT_TRUE(world.apply());
  expect_same("/a", *visitor);
  auto& rule = world.rules.emplace_back("hide", v1::Rule()).second;
  rule.mutable_set_response_header()->set_name("ETag");
  world.site.add_rules("hide");
  ASSERT_TRUE(world.apply());
  expect_same("/a", *visitor);
  EXPECT_EQ(visitor->get(kHost, "/a").field("etag"), "");
}

TEST_F(Hit, SaysTheSameOverHttp2) {
  World world({&origin_});
  Http2Client visitor(world.https_port(), kHost);
  visitor.ask(1, kHost, "/a");
  (void)visitor.read_answer(1);
  visitor.ask(3, kHost, "/a", {{"pragma", "none"}});
  auto longer = visitor.read_answer(3);
  visitor.ask(5, kHost, "/a");
  auto shorter = visitor.read_answer(5);
  for (auto* answer : {&longer, &shorter})
    for (const char* changing : {"age", "cache-status"}) answer->fields.erase(changing);
  EXPECT_EQ(shorter.status, 200);
  EXPECT_EQ(shorter.fields, longer.fields);
  EXPECT_EQ(shorter.body, longer.body);
  EXPECT_TRUE(shorter.complete);
}

TEST_F(Hit, VariantsStayApart) {
  World world({&origin_});
  const auto visitor = world.visit();
  for (int i = 0; i < 2; ++i) {
    (void)visitor->get(kHost, "/v", "X-Kind: one\r\n");
    (void)visitor->get(kHost, "/v", "X-Kind: two\r\n");
  }
  EXPECT_EQ(origin_.requests(), 2);
}

TEST_F(Hit, AHundredPipelinedOnesComeInOrder) {
  World world({&origin_});
  Client visitor(world.http_port());
  (void)visitor.get(kHost, "/0");
  (void)visitor.get(kHost, "/1");
  std::string requests;
  for (int i = 0; i < 100; ++i)
    requests += "GET /" + std::to_string(i % 3) + " HTTP/1.1\r\nHost: www.shop.example\r\n\r\n";
  visitor.send(requests);  // every third is a miss the first time
  for (int i = 0; i < 100; ++i)
    EXPECT_EQ(visitor.read_response().body, "body of /" + std::to_string(i % 3));
  EXPECT_EQ(origin_.requests(), 3);
}

TEST_F(Hit, IsSentWholeToAVisitorThatReadsLate) {
  const std::string body(std::size_t{3} << 20, 'x');
  Origin origin(
      [&](const auto&) { return say(reply(200, "Cache-Control: max-age=60\r\n", body)); });
  World world({&origin});
  Client visitor(world.http_port());
  (void)visitor.get(kHost, "/big");
  // More than sockets hold before anything is read.
  std::string requests;
  for (int i = 0; i < 8; ++i) requests += "GET /big HTTP/1.1\r\nHost: www.shop.example\r\n\r\n";
  visitor.send(requests);
  for (int i = 0; i < 8; ++i) EXPECT_EQ(visitor.read_response().body.size(), body.size());
  EXPECT_EQ(origin.requests(), 1);
}

/// Each byte says where it stands.
std::string numbered(std::size_t size) {
  std::string text;
  for (std::size_t i = 0; text.size() < size; ++i) text += std::to_string(i) + "\n";
  text.resize(size);
  return text;
}

TEST_F(Hit, IsSentWholeBeforeWhatComesBehindIt) {
  const std::string body = numbered(200'000);
  Origin origin(
      [&](const auto&) { return say(reply(200, "Cache-Control: max-age=60\r\n", body)); });
  World world({&origin});
  for (const bool tls : {false, true}) {
    SCOPED_TRACE(tls);
    const auto visitor = tls ? world.visit() : std::make_unique<Client>(world.http_port());
    EXPECT_EQ(visitor->get(kHost, "/big").body, body);
    // Of these one finds no room, while others have come behind it.
    std::string requests;
    for (int i = 0; i < 100; ++i) requests += "GET /big HTTP/1.1\r\nHost: www.shop.example\r\n\r\n";
    visitor->send(requests);
    for (int i = 0; i < 100; ++i) ASSERT_EQ(visitor->read_response().body == body, true) << i;
  }
  EXPECT_EQ(origin.requests(), 2);  // one for each scheme
}

TEST_F(Hit, IsNoneOncePurged) {
  World world({&origin_});
  const auto visitor = world.visit();
  for (int i = 0; i < 3; ++i) (void)visitor->get(kHost, "/a");
  world.purge_url("/a");
  (void)visitor->get(kHost, "/a");
  EXPECT_EQ(origin_.requests(), 2);
}

}  // namespace
}  // namespace meridian::edge
