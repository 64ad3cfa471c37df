// Requests that would mislead an origin, the cache, or what looks at requests in front of them.
#include <atomic>
#include <string>

#include <gtest/gtest.h>

#include "edge-node/testing/http2_client.h"
#include "edge-node/testing/world.h"

namespace meridian::edge {
namespace {

using namespace testing;
using Origin = testing::Origin;

constexpr const char* kHost = World::kHost;

Origin::Reply say(std::string bytes) {
  return {.bytes = std::move(bytes), .gated = false, .after_gate = {}, .close = false};
}

TEST(Misleading, ChangesToNoOtherProtocolThanWebSocket) {
  std::atomic<int> upgrades{0};
  Origin origin([&](const Origin::Request& request) -> Origin::Reply {
    const auto asked = request.head.fields.find("upgrade");
    if (asked) {
      ++upgrades;
      EXPECT_EQ(*asked, "websocket");
      // Whatever the path says, and more than was asked for.
      const std::string to = request.head.target.substr(1);
      return {.bytes = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\n" +
                       (to.empty() ? std::string() : "Upgrade: " + to + "\r\n") + "\r\n",
              .gated = false,
              .after_gate = {},
              .close = true};
    }
    return say(reply(200, "Cache-Control: no-store\r\n", "plain"));
  });
  World world({&origin});
  const auto status = [&](const std::string& path, const std::string& version,
                          const std::string& protocol) {
    const auto visitor = world.visit();
    visitor->send("GET /" + path + " HTTP/" + version +
                  "\r\nHost: www.shop.example\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: " +
                  protocol + "\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n");
    return visitor->read_response().status;
  };
  for (const auto* protocol : {"h2c", "TLS/1.0", "foo"})
    EXPECT_EQ(status("", "1.1", protocol), 200);
  EXPECT_EQ(status("", "1.0", "websocket"), 200);
  EXPECT_EQ(upgrades, 0);
  EXPECT_EQ(status("websocket", "1.1", "h2c, websocket"), 101);
  EXPECT_EQ(status("h2c", "1.1", "websocket"), 502);
  EXPECT_EQ(status("", "1.1", "websocket"), 502);
}

TEST(Misleading, NoSpellingOfAHostMakesAnAnswerForOthers) {
  Origin origin([](const Origin::Request& request) {
    const auto host = request.head.fields.find("host").value_or("");
    const auto forwarded = request.head.fields.find("x-forwarded-host").value_or("");
    return say(reply(200, "Cache-Control: max-age=60\r\n",
                     std::string(host) + " " + std::string(forwarded)));
  });
  World world({&origin});
  const auto visitor = world.visit();
  const auto ask = [&](const std::string& host) { return visitor->get(host, "/a").body; };
  const std::string plain = "www.shop.example www.shop.example";
  EXPECT_EQ(ask("www.shop.example:1337"), "www.shop.example:1337 www.shop.example:1337");
  for (const auto* spelling : {"WWW.shop.example", "www.shop.example.", "www.shop.example:",
                               "www.shop.example:443", "www.shop.example:0443"})
    EXPECT_EQ(ask(spelling), plain) << spelling;
}

TEST(Misleading, NoUnderscoreStandsInForWhatOnlyAnEdgeSays) {
  Origin origin([](const Origin::Request& request) {
    std::string names;
    for (std::size_t i = 0; i < request.head.fields.size(); ++i)
      if (request.head.fields[i].name.find('_') != std::string_view::npos)
        names += std::string(request.head.fields[i].name) + " ";
    return say(reply(200, "Cache-Control: no-store\r\n", names));
  });
  World world({&origin});
  world.pool.mutable_secret_header()->set_name("X-Edge-Key");
  world.pool.mutable_secret_header()->set_value("secret");
  ASSERT_TRUE(world.apply());
  const auto visitor = world.visit();
  EXPECT_EQ(visitor
                ->get(kHost, "/a",
                      "X_Edge_Key: forged\r\nX-Edge_Key: forged\r\nX_Forwarded_For: 6.6.6.6\r\n"
                      "Client_Cert: evil\r\nContent_Length: 7\r\napi_key: mine\r\n")
                .body,
            "api_key ");
}

/// Answers for all with the fields that it is asked with and that mislead, a word each.
Origin::Reply name_misleading(const Origin::Request& request) {
  std::string heard;
  for (const auto* name :
       {"x-forwarded-port", "x_forwarded_port", "x-forwarded-prefix", "x-host", "x-real-ip",
        "x-original-url", "x-rewrite-url", "x-http-method-override"})
    for (std::size_t i = 0; i < request.head.fields.size(); ++i)
      if (http::same_word(request.head.fields[i].name, name))
        heard += std::string(name) + "=" + std::string(request.head.fields[i].value) + " ";
  return say(reply(200, "Cache-Control: max-age=60\r\n", heard));
}

constexpr const char* kMisleading =
    "X-Forwarded-Port: 1337\r\nX_Forwarded_Port: 1338\r\nX-Forwarded-Prefix: /evil\r\n"
    "X-Host: evil.example\r\nx-real-ip: 10.0.0.1\r\nX-Original-URL: /admin\r\n"
    "X-Rewrite-Url: /admin\r\nX-HTTP-Method-Override: DELETE\r\n";

TEST(Misleading, NobodySaysToTheOriginWhatOnlyTheEdgeKnows) {
  Origin origin(name_misleading);
  World world({&origin});
  const auto visitor = world.visit();
  EXPECT_EQ(visitor->get(kHost, "/", kMisleading).body, "");
  EXPECT_EQ(visitor->get(kHost, "/").body, "") << "nor is it stored";
  EXPECT_EQ(visitor->get(kHost, "/short", kMisleading).body, "") << "on a kept connection";
  EXPECT_EQ(visitor->get(kHost, "/pass", std::string("If-Match: \"a\"\r\n") + kMisleading).body,
            "");
  EXPECT_EQ(visitor
                ->get(kHost, "/",
                      std::string("Connection: Upgrade\r\nUpgrade: websocket\r\n") + kMisleading)
                .body,
            "");
  EXPECT_EQ(origin.requests(), 4);
  visitor->send("POST / HTTP/1.1\r\nHost: www.shop.example\r\nContent-Length: 0\r\n" +
                std::string(kMisleading) + "\r\n");
  EXPECT_EQ(visitor->read_response().body, "x-http-method-override=DELETE ");
  world.site.mutable_forwarded()->set_keep_received(true);
  ASSERT_TRUE(world.apply());
  EXPECT_EQ(visitor->get(kHost, "/kept", kMisleading).body,
            "x-forwarded-port=1337 x-forwarded-prefix=/evil x-host=evil.example "
            "x-real-ip=10.0.0.1 ");
}

TEST(Misleading, WhatRulesSayReachesTheOrigin) {
  Origin origin(name_misleading);
  World world({&origin});
  const auto rule = [&](const std::string& name) -> v1::Rule& {
    world.site.add_rules(name);
    return world.rules.emplace_back(name, v1::Rule()).second;
  };
  auto& port = *rule("port").mutable_set_request_header();
  port.set_name("X-Forwarded-Port");
  port.set_value("443");
  auto& changes = *rule("changes").mutable_change_headers();
  auto* add = changes.add_add_request();
  add->set_name("X-Original-Url");
  add->set_value("${uri}");
  changes.add_remove_request("X-Host");
  auto& images = rule("images");
  images.mutable_match()->add_paths("/img/*");
  images.mutable_set_request_header()->set_name("X-Real-IP");
  images.mutable_set_request_header()->set_value("${client}");
  const auto applied = world.apply();
  ASSERT_TRUE(applied) << applied.error().text();
  const auto visitor = world.visit();
  EXPECT_EQ(visitor->get(kHost, "/a?b", kMisleading).body,
            "x-forwarded-port=443 x-original-url=/a?b ");
  EXPECT_EQ(visitor->get(kHost, "/img/a", kMisleading).body,
            "x-forwarded-port=443 x-real-ip=127.0.0.1 x-original-url=/img/a ");
}

// An origin that ignores what follows a path answers with a visitor's own page under a name for
// which a rule keeps all.
TEST(Misleading, NoRuleKeepsAVisitorsOwnPage) {
  Origin origin([](const Origin::Request& request) {
    const std::string who(request.head.fields.find("cookie").value_or("nobody"));
    const bool own = request.head.target.starts_with("/account");
    return say(reply(200,
                     std::string("Cache-Control: no-store, private\r\n") +
                         (own ? "Set-Cookie: session=" + who + "\r\n" : ""),
                     who));
  });
  World world({&origin});
  world.site.add_rules("styles");
  auto& rule = world.rules.emplace_back("styles", v1::Rule()).second;
  rule.mutable_match()->add_paths("*.css");
  rule.mutable_override_cache()->mutable_ttl()->set_seconds(3600);
  ASSERT_TRUE(world.apply());
  const auto alice = world.visit(), bob = world.visit();
  EXPECT_EQ(alice->get(kHost, "/account/x.css", "Cookie: alice\r\n").body, "alice");
  const auto answer = bob->get(kHost, "/account/x.css");
  EXPECT_EQ(answer.body, "nobody");
  EXPECT_EQ(answer.field("set-cookie"), "session=nobody");
  EXPECT_EQ(alice->get(kHost, "/site.css", "Cookie: alice\r\n").body, "alice");
  EXPECT_EQ(bob->get(kHost, "/site.css").body, "alice") << "without a cookie a rule still decides";
}

TEST(Misleading, WhoHasLeftIsNotFetchedFor) {
  Origin origin([](const Origin::Request& request) -> Origin::Reply {
    const auto answer = reply(200, "Cache-Control: no-store\r\n", request.head.target);
    const bool slow = request.head.target == "/slow";
    return {.bytes = slow ? "" : answer, .gated = slow, .after_gate = slow ? answer : ""};
  });
  World world({&origin});
  Http2Client client(world.https_port(), kHost);
  constexpr std::uint32_t kStreams = 50, kStays = 2 * kStreams + 1;
  const auto wait = [&] {
    client.send(frame(kPing, 0, 0, "are you?"));
    for (auto got = client.next(); got && !(got->type == kPing && (got->flags & kAck));)
      got = client.next();
  };
  for (std::uint32_t i = 0; i < kStreams; ++i) client.ask(2 * i + 1, kHost, "/slow");
  client.ask(kStays, kHost, "/slow");
  wait();
  ASSERT_TRUE(eventually([&] { return origin.requests() == 1; }));
  for (std::uint32_t i = 0; i < kStreams; ++i) client.send(frame(kRstStream, 0, 2 * i + 1, u32(8)));
  wait();
  origin.open_gate();
  EXPECT_EQ(client.read_answer(kStays).body, "/slow");
  client.ask(kStays + 2, kHost, "/other");
  EXPECT_EQ(client.read_answer(kStays + 2).body, "/other");
  EXPECT_EQ(origin.requests(), 3);
}

}  // namespace
}  // namespace meridian::edge
