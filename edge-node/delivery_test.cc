// What answers and requests carry beside caching, over real sockets.
#include <gtest/gtest.h>

#include "edge-node/testing/world.h"

namespace meridian::edge::testing {
namespace {

constexpr const char* kHost = World::kHost;

Origin::Reply say(std::string bytes) {
  Origin::Reply answer;
  answer.bytes = std::move(bytes);
  return answer;
}

/// Answers with what it was told of the visitor, a line each.
Origin::Reply told(const Origin::Request& request) {
  std::string body;
  for (const auto* name :
       {"x-forwarded-for", "x-forwarded-proto", "x-forwarded-host", "forwarded", "via"})
    body += request.head.fields.combined(name) + "\n";
  return say(reply(200, "Cache-Control: no-store\r\nVia: 1.1 hidden\r\n", body));
}

constexpr const char* kClaims =
    "X-Forwarded-For: 198.51.100.1\r\nX-Forwarded-Proto: gopher\r\nX-Forwarded-Host: evil\r\n"
    "Forwarded: for=198.51.100.1\r\nVia: 1.0 fred\r\n";

TEST(Delivery, PlainHttpIsServedOrLeadsToTheSameUrlByHttps) {
  Origin origin(told);
  World world({&origin});
  Client visitor(world.http_port());
  EXPECT_EQ(visitor.get(kHost, "/a").body, "127.0.0.1\nhttp\nwww.shop.example\n\n1.1 meridian\n");
  world.site.set_redirect_to_https(true);
  ASSERT_TRUE(world.apply());
  for (const auto* target : {"/a?b=c&d=%20", "/.well-known/acme-challenge/x"}) {
    const auto answer = visitor.get(kHost, target);
    EXPECT_EQ(answer.status, 308);
    EXPECT_EQ(answer.field("location"),
              "https://www.shop.example:" + std::to_string(world.https_port()) + target);
  }
  EXPECT_EQ(world.visit()->get(kHost, "/a").status, 200);
}

TEST(Delivery, AnAnswerToPlainHttpIsNeverGivenToHttps) {
  Origin origin([](const Origin::Request& request) {
    const std::string scheme(request.head.fields.find("x-forwarded-proto").value_or(""));
    return say(reply(200, "Cache-Control: max-age=60\r\n", scheme));
  });
  World world({&origin});
  Client plain(world.http_port());
  const auto secure = world.visit();
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(plain.get(kHost, "/").body, "http");
    EXPECT_EQ(secure->get(kHost, "/").body, "https");
  }
  EXPECT_EQ(origin.requests(), 2);
  world.purge_url("/");
  EXPECT_EQ(plain.get(kHost, "/").body, "http");
  EXPECT_EQ(secure->get(kHost, "/").body, "https");
  EXPECT_EQ(origin.requests(), 4) << "a purge names both";
}

TEST(Delivery, SaysHstsOverHttpsOnly) {
  Origin origin([](const Origin::Request& request) {
    return say(reply(request.head.target == "/gone" ? 404 : 200,
                     "Cache-Control: max-age=60\r\nStrict-Transport-Security: max-age=1\r\n", "x"));
  });
  World world({&origin});
  const auto visitor = world.visit();
  EXPECT_EQ(visitor->get(kHost, "/own").field("strict-transport-security"), "max-age=1");
  world.site.mutable_hsts()->set_include_subdomains(true);
  ASSERT_TRUE(world.apply());
  constexpr const char* kAYear = "max-age=31536000; includeSubDomains";
  for (const auto* target : {"/", "/", "/gone"})
    EXPECT_EQ(visitor->get(kHost, target).field("strict-transport-security"), kAYear) << target;
  Client plain(world.http_port());
  EXPECT_EQ(plain.get(kHost, "/").fields.count("strict-transport-security"), 0u);
  world.site.mutable_hsts()->mutable_max_age()->set_seconds(0);
  world.site.mutable_hsts()->set_preload(true);
  ASSERT_TRUE(world.apply());
  EXPECT_EQ(visitor->get(kHost, "/").field("strict-transport-security"),
            "max-age=0; includeSubDomains; preload");
}

TEST(Delivery, NoVisitorPretendsToBeSomebodyElse) {
  Origin origin(told);
  World world({&origin});
  const auto answer = world.visit()->get(kHost, "/", kClaims);
  EXPECT_EQ(answer.body, "127.0.0.1\nhttps\nwww.shop.example\n\n1.1 meridian\n");
  EXPECT_EQ(answer.field("via"), "1.1 meridian");
  EXPECT_EQ(world.visit()->get(kHost, "/", "Connection: x-forwarded-for, via\r\n").body,
            answer.body)
      << "nor makes the edge forget to tell";
}

TEST(Delivery, TellsOriginsNothingWhereToldSo) {
  Origin origin(told);
  World world({&origin});
  world.site.mutable_forwarded()->set_x_forwarded(false);
  world.site.mutable_forwarded()->set_via(false);
  ASSERT_TRUE(world.apply());
  const auto answer = world.visit()->get(kHost, "/", kClaims);
  EXPECT_EQ(answer.body, "\n\n\n\n\n");
  EXPECT_EQ(answer.fields.count("via"), 0u);
}

TEST(Delivery, GoesOnFromAnotherProxyWhereToldSo) {
  Origin origin(told);
  World world({&origin});
  world.site.mutable_forwarded()->set_forwarded(true);
  world.site.mutable_forwarded()->set_keep_received(true);
  ASSERT_TRUE(world.apply());
  EXPECT_EQ(world.visit()->get(kHost, "/", kClaims).body,
            "198.51.100.1, 127.0.0.1\ngopher\nevil\n"
            "for=198.51.100.1, for=127.0.0.1;host=www.shop.example;proto=https\n"
            "1.0 fred, 1.1 meridian\n");
}

}  // namespace
}  // namespace meridian::edge::testing
