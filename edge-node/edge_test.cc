#include "edge-node/edge.h"

#include <future>
#include <thread>

#include <gtest/gtest.h>

#include "edge-node/testing/world.h"

namespace meridian::edge {
namespace {

using testing::Client;
using testing::eventually;
using testing::reply;
using testing::World;
using Origin = testing::Origin;

constexpr const char* kHost = World::kHost;
const std::string kCached = "Cache-Control: max-age=60\r\n";

Origin::Reply say(std::string bytes) {
  return {.bytes = std::move(bytes), .gated = false, .after_gate = {}, .close = false};
}

TEST(Edge, AnswersAMissThenHits) {
  Origin origin(
      [](const auto&) { return say(reply(200, kCached + "Server: secret\r\n", "hello")); });
  World world({&origin});
  const auto visitor = world.visit();
  const auto first = visitor->get(kHost, "/a");
  EXPECT_EQ(first.status, 200);
  EXPECT_EQ(first.body, "hello");
  EXPECT_EQ(first.field("cache-status"), "meridian; fwd=uri-miss; fwd-status=200; stored");
  EXPECT_EQ(first.field("server"), "meridian");
  const auto second = visitor->get(kHost, "/a");
  EXPECT_EQ(second.body, "hello");
  EXPECT_TRUE(second.field("cache-status").starts_with("meridian; hit; ttl="))
      << second.field("cache-status");
  EXPECT_EQ(second.field("age"), "0");
  EXPECT_EQ(origin.requests(), 1);
}

TEST(Edge, OneFetchServesFiftyVisitorsWhoWait) {
  Origin origin([](const auto&) -> Origin::Reply {
    return {.bytes = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n" + kCached + "\r\nhello",
            .gated = true,
            .after_gate = "world",
            .close = false};
  });
  World world({&origin});
  std::vector<std::unique_ptr<Client>> visitors;
  for (int i = 0; i < 50; ++i) {
    visitors.push_back(world.visit());
    visitors.back()->send("GET /big HTTP/1.1\r\nHost: www.shop.example\r\n\r\n");
  }
  // All have the first half before the origin sends the second.
  for (const auto& visitor : visitors)
    while (visitor->unread().find("hello") == std::string::npos) ASSERT_TRUE(visitor->read_more());
  origin.open_gate();
  for (const auto& visitor : visitors) EXPECT_EQ(visitor->read_response().body, "helloworld");
  EXPECT_EQ(origin.requests(), 1);
}

TEST(Edge, AFillOutlivesTheVisitorThatCausedIt) {
  Origin origin([](const auto&) -> Origin::Reply {
    return {.bytes = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n" + kCached + "\r\nab",
            .gated = true,
            .after_gate = "cd",
            .close = false};
  });
  World world({&origin});
  {
    const auto leaver = world.visit();
    leaver->send("GET /x HTTP/1.1\r\nHost: www.shop.example\r\n\r\n");
    while (leaver->unread().find("\r\n\r\nab") == std::string::npos)
      ASSERT_TRUE(leaver->read_more());
  }
  origin.open_gate();
  EXPECT_EQ(world.visit()->get(kHost, "/x").body, "abcd");
  EXPECT_EQ(origin.requests(), 1);
}

TEST(Edge, UncacheableAnswersAreNotShared) {
  Origin origin([](const auto&) {
    return say(reply(200, "Cache-Control: private\r\nSet-Cookie: a=b\r\n", "mine"));
  });
  World world({&origin});
  const auto visitor = world.visit();
  for (int i = 0; i < 3; ++i) EXPECT_EQ(visitor->get(kHost, "/me").body, "mine");
  EXPECT_EQ(origin.requests(), 3);
  EXPECT_EQ(origin.connections(), 1);  // the connection is used again
}

TEST(Edge, RevalidatesWhatIsStaleAndKeepsTheBody) {
  Origin origin([](const Origin::Request& request) {
    if (request.head.fields.find("if-none-match") == "\"v1\"")
      return say("HTTP/1.1 304 Not Modified\r\nETag: \"v1\"\r\nCache-Control: max-age=60\r\n\r\n");
    return say(reply(200, "ETag: \"v1\"\r\nCache-Control: max-age=0\r\n", "body"));
  });
  World world({&origin});
  const auto visitor = world.visit();
  EXPECT_EQ(visitor->get(kHost, "/r").body, "body");
  const auto second = visitor->get(kHost, "/r");
  EXPECT_EQ(second.status, 200);
  EXPECT_EQ(second.body, "body");
  EXPECT_EQ(second.field("cache-status"), "meridian; fwd=stale; fwd-status=304; stored");
  const auto third = visitor->get(kHost, "/r");
  EXPECT_TRUE(third.field("cache-status").starts_with("meridian; hit"));
  EXPECT_EQ(origin.requests(), 2);
}

TEST(Edge, AnswersConditionsAndRangesFromTheCache) {
  Origin origin(
      [](const auto&) { return say(reply(200, kCached + "ETag: \"e\"\r\n", "0123456789")); });
  World world({&origin});
  const auto visitor = world.visit();
  EXPECT_EQ(visitor->get(kHost, "/f", "Range: bytes=2-4\r\n").body, "234");  // while it fills
  const auto unchanged = visitor->get(kHost, "/f", "If-None-Match: \"e\"\r\n");
  EXPECT_EQ(unchanged.status, 304);
  const auto part = visitor->get(kHost, "/f", "Range: bytes=-3\r\n");
  EXPECT_EQ(part.status, 206);
  EXPECT_EQ(part.body, "789");
  EXPECT_EQ(part.field("content-range"), "bytes 7-9/10");
  EXPECT_EQ(visitor->get(kHost, "/f", "Range: bytes=10-\r\n").status, 416);
  visitor->send("HEAD /f HTTP/1.1\r\nHost: www.shop.example\r\n\r\n");
  const auto head = visitor->read_response(true);
  EXPECT_EQ(head.field("content-length"), "10");
  EXPECT_EQ(origin.requests(), 1);
}

TEST(Edge, RangesOfWhatIsNotStoredReachTheOrigin) {
  Origin origin([](const Origin::Request& request) {
    if (request.head.fields.has("range"))
      return say(reply(206, "Content-Range: bytes 2-3/10\r\n", "23"));
    return say(reply(200, "Cache-Control: no-store\r\n", "0123456789"));
  });
  World world({&origin});
  const auto visitor = world.visit();
  for (int i = 0; i < 3; ++i) {
    const auto part = visitor->get(kHost, "/movie", "Range: bytes=2-3\r\n");
    EXPECT_EQ(part.status, 206);
    EXPECT_EQ(part.field("content-range"), "bytes 2-3/10");
    EXPECT_EQ(part.body, "23");
  }
  EXPECT_EQ(origin.requests(), 4);  // the first was asked for whole, to see
}

TEST(Edge, VaryKeepsVariantsApart) {
  Origin origin([](const Origin::Request& request) {
    return say(reply(200, kCached + "Vary: Accept-Language\r\n",
                     std::string(request.head.fields.find("accept-language").value_or("none"))));
  });
  World world({&origin});
  const auto visitor = world.visit();
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(visitor->get(kHost, "/v", "Accept-Language: fr\r\n").body, "fr");
    EXPECT_EQ(visitor->get(kHost, "/v", "Accept-Language: en\r\n").body, "en");
  }
  EXPECT_EQ(origin.requests(), 2);
}

TEST(Edge, APurgedResponseIsNotServedAgain) {
  Origin origin([](const auto&) { return say(reply(200, kCached, "x")); });
  World world({&origin});
  const auto visitor = world.visit();
  (void)visitor->get(kHost, "/p");
  world.purge_url("/p");
  (void)visitor->get(kHost, "/p");
  EXPECT_EQ(origin.requests(), 2);
  v1::Purge site;
  site.set_site("shop");
  ASSERT_TRUE(world.edge().purge(site));
  (void)visitor->get(kHost, "/p");
  EXPECT_EQ(origin.requests(), 3);
  world.edge().purge_everything({});
  (void)visitor->get(kHost, "/p");
  (void)visitor->get(kHost, "/p");
  EXPECT_EQ(origin.requests(), 4);
}

TEST(Edge, AFillFromBeforeAPurgeIsNotStored) {
  Origin origin([](const auto&) -> Origin::Reply {
    return {.bytes = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n" + kCached + "\r\nab",
            .gated = true,
            .after_gate = "cd",
            .close = false};
  });
  World world({&origin});
  const auto visitor = world.visit();
  visitor->send("GET /x HTTP/1.1\r\nHost: www.shop.example\r\n\r\n");
  while (visitor->unread().find("\r\n\r\nab") == std::string::npos)
    ASSERT_TRUE(visitor->read_more());
  world.purge_url("/x");
  origin.open_gate();
  EXPECT_EQ(visitor->read_response().body, "abcd");
  EXPECT_EQ(visitor->get(kHost, "/x").body, "abcd");
  EXPECT_EQ(origin.requests(), 2);
}

TEST(Edge, AnUnsafeMethodInvalidates) {
  Origin origin([](const Origin::Request& request) {
    return say(reply(200, kCached, request.head.method + request.body));
  });
  World world({&origin});
  const auto visitor = world.visit();
  (void)visitor->get(kHost, "/i");
  visitor->send(
      "POST /i HTTP/1.1\r\nHost: www.shop.example\r\nTransfer-Encoding: chunked\r\n\r\n"
      "3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nTrailer: t\r\n\r\n");
  EXPECT_EQ(visitor->read_response().body, "POSTabcde");
  (void)visitor->get(kHost, "/i");
  EXPECT_EQ(origin.requests(), 3);
}

TEST(Edge, AnswersPipelinedRequestsInOrder) {
  Origin origin([](const Origin::Request& request) {
    return say(reply(200, "Cache-Control: no-store\r\n", request.head.target));
  });
  World world({&origin});
  const auto visitor = world.visit();
  std::string all;
  for (int i = 0; i < 20; ++i)
    all += "GET /" + std::to_string(i) + " HTTP/1.1\r\nHost: www.shop.example\r\n\r\n";
  visitor->send(all);
  for (int i = 0; i < 20; ++i) EXPECT_EQ(visitor->read_response().body, "/" + std::to_string(i));
}

TEST(Edge, StreamsAnAnswerOfUnknownLength) {
  Origin origin([](const auto&) -> Origin::Reply {
    return {.bytes = "HTTP/1.1 200 OK\r\n\r\nuntil the end",
            .gated = false,
            .after_gate = {},
            .close = true};
  });
  World world({&origin});
  const auto visitor = world.visit();
  const auto answer = visitor->get(kHost, "/u");
  EXPECT_EQ(answer.body, "until the end");
  EXPECT_EQ(answer.field("transfer-encoding"), "chunked");
}

TEST(Edge, ABodyThatOutgrowsTheCacheStillArrivesWhole) {
  const std::string large(8 << 20, 'x');
  Origin origin([&](const auto&) -> Origin::Reply {
    return {.bytes = "HTTP/1.1 200 OK\r\n" + kCached + "\r\n" + large,
            .gated = false,
            .after_gate = {},
            .close = true};
  });
  World world({&origin}, [](EdgeOptions& options) { options.cache_bytes = 1 << 20; });
  EXPECT_EQ(world.visit()->get(kHost, "/large").body.size(), large.size());
}

TEST(Edge, AnotherOriginAnswersWhenOneIsGone) {
  const auto answer = [](const auto&) {
    return say(reply(200, "Cache-Control: no-store\r\n", "ok"));
  };
  Origin gone(answer), there(answer);
  World world({&gone, &there});
  gone.stop();
  const auto visitor = world.visit();
  for (int i = 0; i < 6; ++i) EXPECT_EQ(visitor->get(kHost, "/").status, 200);
}

TEST(Edge, SaysSoWhenAllOriginsAreDown) {
  Origin origin([](const auto&) { return say(reply(200, "", "ok")); });
  World world({&origin});
  origin.stop();
  ASSERT_TRUE(
      eventually([&] { return world.edge().health_report().unserviceable_sites_size() == 1; }));
  EXPECT_EQ(world.edge().health_report().unserviceable_sites(0).site(), "shop");
  const auto answer = world.visit()->get(kHost, "/");
  EXPECT_EQ(answer.status, 503);
  EXPECT_EQ(answer.body.find("127.0.0.1"), std::string::npos);
}

TEST(Edge, SpeaksTlsToOriginsThatItCanVerify) {
  const auto certificate = testing::make_test_certificate({"origin.example"});
  Origin origin([](const auto&) { return say(reply(200, kCached, "secure")); },
                certificate.chain_pem, certificate.key_pem);
  World world({&origin});
  world.pool.mutable_tls()->set_ca_pem(certificate.chain_pem);
  world.pool.mutable_tls()->set_server_name("origin.example");
  ASSERT_TRUE(world.apply());
  EXPECT_EQ(world.visit()->get(kHost, "/").body, "secure");
  world.pool.mutable_tls()->set_server_name("other.example");
  ASSERT_TRUE(world.apply());
  EXPECT_GE(world.visit()->get(kHost, "/other").status, 502);
}

TEST(Edge, RefusesUnknownNames) {
  Origin origin([](const auto&) { return say(reply(200, kCached, "x")); });
  World world({&origin});
  EXPECT_FALSE(world.visit("stranger.example")->connected());
  EXPECT_FALSE(world.visit("")->connected());
  EXPECT_EQ(world.visit()->get("stranger.example", "/").status, 421);
  EXPECT_EQ(world.visit()->get("static.shop.example", "/").status, 200);  // the same certificate
}

TEST(Edge, ResumesSessionsAcrossNewConfiguration) {
  Origin origin([](const auto&) { return say(reply(200, kCached, "x")); });
  World world({&origin});
  const auto first = world.visit();
  EXPECT_EQ(first->get(kHost, "/").status, 200);
  EXPECT_FALSE(first->resumed());
  ASSERT_TRUE(world.apply());
  EXPECT_EQ(first->get(kHost, "/").status, 200);  // the old connection goes on
  EXPECT_TRUE(Client(world.https_port(), kHost, first.get()).resumed());
}

TEST(Edge, PlainHttpLeadsToHttps) {
  Origin origin([](const auto&) { return say(reply(200, kCached, "x")); });
  World world({&origin});
  world.site.set_redirect_to_https(true);
  ASSERT_TRUE(world.apply());
  Client visitor(world.http_port());
  const auto answer = visitor.get(kHost, "/a?b=c");
  EXPECT_EQ(answer.status, 308);
  EXPECT_EQ(answer.field("location"),
            "https://www.shop.example:" + std::to_string(world.https_port()) + "/a?b=c");
  EXPECT_EQ(visitor.get("stranger.example", "/").status, 421);
  EXPECT_EQ(visitor.get("anything", "/.well-known/meridian/health").body, "ok\n");
}

TEST(Edge, AppliesRulesInOrder) {
  Origin origin([](const Origin::Request& request) {
    return say(reply(200, "Cache-Control: no-store\r\n",
                     std::string(request.head.fields.find("x-rule").value_or("none"))));
  });
  World world({&origin});
  v1::Rule deny, set, hide;
  deny.mutable_match()->add_paths("/admin/*");
  deny.mutable_deny();
  set.mutable_set_request_header()->set_name("X-Rule");
  set.mutable_set_request_header()->set_value("yes");
  hide.mutable_set_response_header()->set_name("X-Frame-Options");
  hide.mutable_set_response_header()->set_value("DENY");
  world.rules = {{"deny", deny}, {"set", set}, {"hide", hide}};
  for (const auto& [name, rule] : world.rules) world.site.add_rules(name);
  ASSERT_TRUE(world.apply());
  const auto visitor = world.visit();
  EXPECT_EQ(visitor->get(kHost, "/admin/x").status, 403);
  const auto answer = visitor->get(kHost, "/");
  EXPECT_EQ(answer.body, "yes");
  EXPECT_EQ(answer.field("x-frame-options"), "DENY");
}

TEST(Edge, RefusesASnapshotThatDoesNotFitTogether) {
  Origin origin([](const auto&) { return say(reply(200, kCached, "x")); });
  World world({&origin});
  world.site.set_origin_pool("missing");
  const auto applied = world.apply();
  ASSERT_FALSE(applied);
  EXPECT_EQ(applied.error().text(),
            "Site shop: spec.origin_pool: there is no OriginPool 'missing'");
  EXPECT_EQ(world.visit()->get(kHost, "/").status, 200);
}

TEST(Edge, BadRequestsGetTheirErrorAndTheConnectionCloses) {
  Origin origin([](const auto&) { return say(reply(200, kCached, "x")); });
  World world({&origin});
  const std::vector<std::pair<std::string, int>> cases = {
      {"GET / HTTP/1.1\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nHost : a\r\n\r\n", 400},
      {"GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505},
      {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
       400},
      {"CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n", 405},
      {"GET /" + std::string(9000, 'a') + " HTTP/1.1\r\nHost: a\r\n\r\n", 414},
      {"GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(33000, 'a') + "\r\n\r\n", 431},
  };
  for (const auto& [request, status] : cases) {
    Client visitor(world.http_port());
    visitor.send(request);
    EXPECT_EQ(visitor.read_response().status, status) << request.substr(0, 60);
    EXPECT_TRUE(visitor.at_end());
  }
}

TEST(Edge, CountsHowFarOptionsGoes) {
  Origin origin([](const Origin::Request& request) {
    return say(reply(200, "X-Left: " + request.head.fields.combined("max-forwards") + "\r\n", ""));
  });
  World world({&origin});
  const auto visitor = world.visit();
  const auto ask = [&](const std::string& forwards) {
    visitor->send("OPTIONS /a HTTP/1.1\r\nHost: www.shop.example\r\nMax-Forwards: " + forwards +
                  "\r\n\r\n");
    return visitor->read_response();
  };
  EXPECT_EQ(ask("2").field("x-left"), "1");
  EXPECT_EQ(ask("1").field("x-left"), "0");
  const auto here = ask("0");
  EXPECT_EQ(here.status, 204);
  EXPECT_NE(here.field("allow").find("OPTIONS"), std::string::npos);
  EXPECT_EQ(origin.requests(), 2);
}

TEST(Edge, TellsAVisitorThatWaitsToSendItsBody) {
  Origin origin([](const Origin::Request& request) { return say(reply(200, "", request.body)); });
  World world({&origin});
  const auto visitor = world.visit();
  visitor->send(
      "PUT /b HTTP/1.1\r\nHost: www.shop.example\r\nContent-Length: 4\r\n"
      "Expect: 100-continue\r\n\r\n");
  EXPECT_EQ(visitor->read_response().status, 100);
  visitor->send("body");
  EXPECT_EQ(visitor->read_response().body, "body");
}

TEST(Edge, TunnelsAnUpgrade) {
  Origin origin([](const auto&) -> Origin::Reply {
    return {.bytes =
                "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\n"
                "Upgrade: websocket\r\n\r\nwelcome",
            .gated = true,
            .after_gate = "bye",
            .close = true};
  });
  World world({&origin});
  const auto visitor = world.visit();
  visitor->send(
      "GET /ws HTTP/1.1\r\nHost: www.shop.example\r\nConnection: Upgrade\r\n"
      "Upgrade: websocket\r\n\r\n");
  EXPECT_EQ(visitor->read_response().status, 101);
  while (visitor->unread() != "welcome") ASSERT_TRUE(visitor->read_more());
  origin.open_gate();
  while (visitor->read_more()) {
  }
  EXPECT_EQ(visitor->unread(), "welcomebye");
}

TEST(Edge, PassesTrailersOnToWhoTakesThem) {
  Origin origin([](const Origin::Request& request) {
    return say(
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nCache-Control: no-store\r\n"
        "X-TE: " +
        std::string(request.head.fields.find("te").value_or("none")) +
        "\r\n\r\n2\r\nab\r\n0\r\nDigest: d\r\nContent-Length: 9\r\n\r\n");
  });
  World world({&origin});
  const auto visitor = world.visit();
  visitor->send(
      "POST /t HTTP/1.1\r\nHost: www.shop.example\r\nContent-Length: 0\r\nTE: trailers\r\n"
      "Connection: TE\r\n\r\n");
  while (visitor->unread().find("2\r\nab\r\n0\r\nDigest: d\r\n\r\n") == std::string::npos)
    ASSERT_TRUE(visitor->read_more()) << visitor->unread();
  EXPECT_NE(visitor->unread().find("X-TE: trailers"), std::string::npos);
  visitor->drop_unread();
  visitor->send("POST /t HTTP/1.1\r\nHost: www.shop.example\r\nContent-Length: 0\r\n\r\n");
  while (visitor->unread().find("2\r\nab\r\n0\r\n\r\n") == std::string::npos)
    ASSERT_TRUE(visitor->read_more()) << visitor->unread();
  EXPECT_NE(visitor->unread().find("X-TE: none"), std::string::npos);
}

TEST(Edge, DrainsVisitorsAsTheirAnswersEnd) {
  Origin origin([](const auto&) -> Origin::Reply {
    return {.bytes = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nab",
            .gated = true,
            .after_gate = "cd",
            .close = false};
  });
  World world({&origin});
  const auto idle = world.visit();
  EXPECT_EQ(idle->get(kHost, "/.well-known/meridian/health").status, 200);
  const auto busy = world.visit();
  busy->send("GET / HTTP/1.1\r\nHost: www.shop.example\r\n\r\n");
  while (busy->unread().find("\r\n\r\nab") == std::string::npos) ASSERT_TRUE(busy->read_more());
  world.edge().drain(std::chrono::milliseconds(0));
  EXPECT_TRUE(idle->at_end());
  EXPECT_TRUE(eventually([&] { return !Client(world.https_port()).connected(); }));
  origin.open_gate();
  EXPECT_EQ(busy->read_response().body, "abcd");
  EXPECT_TRUE(eventually([&] { return world.edge().open_connections() == 0; }));
}

}  // namespace
}  // namespace meridian::edge
