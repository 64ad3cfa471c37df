// Visitors that speak HTTP/2, through a whole edge.
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "edge-node/http/write_http1.h"
#include "edge-node/io/websocket.h"
#include "edge-node/testing/http2_client.h"
#include "edge-node/testing/world.h"

namespace meridian::edge {
namespace {

using namespace testing;
using Origin = testing::Origin;

constexpr const char* kHost = World::kHost;
const std::string kCached = "Cache-Control: max-age=60\r\n";
constexpr const char* kHealth = "/.well-known/meridian/health";

Origin::Reply say(std::string bytes) {
  return {.bytes = std::move(bytes), .gated = false, .after_gate = {}, .close = false};
}

TEST(Http2, AnswersAMissThenHits) {
  Origin origin([](const auto&) { return say(reply(200, kCached, "hello")); });
  World world({&origin});
  Http2Client visitor(world.https_port(), kHost);
  visitor.ask(1, kHost, "/a");
  const auto first = visitor.read_answer(1);
  EXPECT_EQ(first.status, 200);
  EXPECT_EQ(first.body, "hello");
  EXPECT_EQ(first.fields.at("cache-status"), "meridian; fwd=uri-miss; fwd-status=200; stored");
  visitor.ask(3, kHost, "/a");
  const auto second = visitor.read_answer(3);
  EXPECT_EQ(second.body, "hello");
  EXPECT_EQ(second.fields.at("content-length"), "5");
  EXPECT_TRUE(second.fields.at("cache-status").starts_with("meridian; hit"));
  EXPECT_EQ(second.fields.count("connection"), 0u);
  visitor.ask(5, kHost, "/a", {}, "HEAD");
  const auto head = visitor.read_answer(5);
  EXPECT_EQ(head.fields.at("content-length"), "5");
  EXPECT_EQ(head.body, "");
  EXPECT_EQ(origin.requests(), 1);
}

TEST(Http2, ServesManyRequestsOfOneBatch) {
  Origin origin([](const Origin::Request& request) {
    return say(reply(200, "Cache-Control: no-store\r\n", request.head.target));
  });
  World world({&origin});
  Http2Client visitor(world.https_port(), kHost);
  for (std::uint32_t i = 0; i < 50; ++i) visitor.ask(2 * i + 1, kHost, "/" + std::to_string(i));
  for (std::uint32_t i = 0; i < 50; ++i)
    EXPECT_EQ(visitor.read_answer(2 * i + 1).body, "/" + std::to_string(i));
}

TEST(Http2, BodiesGoBothWaysWithTrailers) {
  Origin origin([](const Origin::Request& request) {
    return say("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" +
               http::chunk_head(request.body.size()) + request.body +
               "\r\n0\r\nDigest: d\r\nContent-Length: 1\r\nServer: x\r\nCache-Tag: y\r\n\r\n");
  });
  World world({&origin});
  Http2Client visitor(world.https_port(), kHost);
  visitor.ask(1, kHost, "/t", {{"te", "trailers"}}, "POST", false);
  std::string body;
  for (int i = 0; i < 3; ++i) {
    const std::string piece(10'000, static_cast<char>('a' + i));
    visitor.send(frame(kData, 0, 1, piece));
    body += piece;
  }
  visitor.send(frame(kHeaders, kEndHeaders | kEndStream, 1,
                     encode({{"checksum", "x"},
                             {"client-cert", "forged"},
                             {"client_cert", "forged"},
                             {"x-forwarded-port", "forged"},
                             {"x_original_url", "forged"},
                             {"cdn-loop", "forged"}})));
  const auto answer = visitor.read_answer(1);
  EXPECT_EQ(answer.body, body);
  ASSERT_EQ(answer.trailers.size(), 1u);
  EXPECT_EQ(answer.trailers.at("digest"), "d");
  EXPECT_NE(origin.received().find("checksum: x"), std::string::npos);
  EXPECT_EQ(origin.received().find("forged"), std::string::npos);
}

TEST(Http2, ABodyThatComesWithItsHeadIsNotLost) {
  Origin origin([](const Origin::Request& request) { return say(reply(200, "", request.body)); });
  World world({&origin});
  Http2Client visitor(world.https_port(), kHost);
  const Block head = {{":method", "POST"},
                      {":scheme", "https"},
                      {":authority", kHost},
                      {":path", "/"},
                      {"content-length", "4"}};
  visitor.send(frame(kHeaders, kEndHeaders, 1, encode(head)) + frame(kData, kEndStream, 1, "body"));
  EXPECT_EQ(visitor.read_answer(1).body, "body");
  const Block more = {head.begin(), head.end() - 1};
  visitor.send(frame(kHeaders, kEndHeaders, 3, encode(more)) + frame(kData, 0, 3, "body") +
               frame(kHeaders, kEndHeaders | kEndStream, 3, encode({{"digest", "x"}})));
  EXPECT_EQ(visitor.read_answer(3).body, "body");
}

TEST(Http2, AnAnswerFromTheOriginHasItsLengthOnce) {
  Origin origin([](const Origin::Request&) {
    return say(reply(200, "Cache-Control: no-store\r\n", "four"));
  });
  World world({&origin});
  Http2Client visitor(world.https_port(), kHost);
  visitor.send(frame(
      kHeaders, kEndHeaders | kEndStream, 1,
      encode({{":method", "GET"}, {":scheme", "https"}, {":authority", kHost}, {":path", "/"}})));
  const auto answer = visitor.read_answer(1);
  EXPECT_EQ(answer.body, "four");
  EXPECT_EQ(answer.fields.at("content-length"), "4");
}

TEST(Http2, CookieCrumbsAreOneFieldForTheOrigin) {
  Origin origin([](const Origin::Request& request) {
    return say(reply(200, "Cache-Control: no-store\r\n",
                     std::string(request.head.fields.find("cookie").value_or(""))));
  });
  World world({&origin});
  Http2Client visitor(world.https_port(), kHost);
  visitor.ask(1, kHost, "/c", {{"cookie", "a=1"}, {"cookie", "b=2"}});
  EXPECT_EQ(visitor.read_answer(1).body, "a=1; b=2");
}

TEST(Http2, TellsAVisitorThatWaitsToSendItsBody) {
  Origin origin([](const Origin::Request& request) { return say(reply(200, "", request.body)); });
  World world({&origin});
  Http2Client visitor(world.https_port(), kHost);
  visitor.ask(1, kHost, "/b", {{"expect", "100-continue"}, {"content-length", "4"}}, "PUT", false);
  while (visitor.answers[1].interim.empty()) ASSERT_TRUE(visitor.step());
  EXPECT_EQ(visitor.answers[1].interim[0], 100);
  visitor.send(frame(kData, kEndStream, 1, "body"));
  EXPECT_EQ(visitor.read_answer(1).body, "body");
}

TEST(Http2, AStreamThatNobodyReadsHoldsUpNoOther) {
  const std::string large(std::size_t{4} << 20, 'x');
  Origin origin([&](const Origin::Request& request) {
    return say(reply(200, kCached, request.head.target == "/large" ? large : "small"));
  });
  World world({&origin});
  Http2Client visitor(world.https_port(), kHost);
  visitor.updates_windows = false;
  // The connection's window is wide, the stream's as it is.
  visitor.send(frame(kWindowUpdate, 0, 0, u32(1 << 24)));
  visitor.ask(1, kHost, "/large");
  while (visitor.answers[1].body.size() < 65'535) ASSERT_TRUE(visitor.step());
  visitor.ask(3, kHost, "/small");
  EXPECT_EQ(visitor.read_answer(3).body, "small");
  EXPECT_EQ(visitor.answers[1].body.size(), 65'535u);
  visitor.send(frame(kWindowUpdate, 0, 1, u32(1 << 24)));
  EXPECT_EQ(visitor.read_answer(1).body.size(), large.size());
}

TEST(Http2, AStreamThatStallsIsReset) {
  Origin origin([](const auto&) { return say(reply(200, kCached, std::string(200'000, 'x'))); });
  World world({&origin}, [](EdgeOptions& options) {
    options.limits.send_stall = std::chrono::milliseconds(100);
  });
  Http2Client visitor(world.https_port(), kHost);
  visitor.updates_windows = false;
  visitor.ask(1, kHost, "/large");
  EXPECT_EQ(visitor.read_answer(1).reset, 11u);
  // What fits into the edge's own buffer leaves nobody waiting, and is reset all the same.
  visitor.send(frame(kSettings, 0, 0, std::string("\0\x04\0\0\0\0", 6)));
  visitor.ask(3, kHost, kHealth);
  EXPECT_EQ(visitor.read_answer(3).reset, 11u);
  visitor.ask(5, kHost, kHealth, {}, "HEAD");
  EXPECT_EQ(visitor.read_answer(5).status, 200);
}

TEST(Http2, ABodyThatStallsIsRefused) {
  Origin origin([](const auto&) { return say(reply(200, "", "never")); });
  World world({&origin}, [](EdgeOptions& options) {
    options.limits.body_stall = std::chrono::milliseconds(100);
  });
  Http2Client visitor(world.https_port(), kHost);
  visitor.ask(1, kHost, "/slow", {}, "POST", false);
  EXPECT_EQ(visitor.read_answer(1).status, 408);
}

/// It ends at the origin, too, whether that has begun to answer or not.
TEST(Http2, WhatAVisitorTakesBackIsTakenBack) {
  Origin origin([](const Origin::Request& request) -> Origin::Reply {
    const std::string begun = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf";
    return {.bytes = request.head.target == "/begun" ? begun : "", .gated = true, .after_gate = {}};
  });
  World world({&origin});
  Http2Client visitor(world.https_port(), kHost);
  visitor.ask(1, kHost, "/silent", {}, "POST");
  visitor.ask(3, kHost, "/begun", {}, "POST");
  while (visitor.answers[3].body != "half") ASSERT_TRUE(visitor.step());
  ASSERT_TRUE(eventually([&] { return origin.requests() == 2; }));
  visitor.send(frame(kRstStream, 0, 1, u32(8)) + frame(kRstStream, 0, 3, u32(8)));
  EXPECT_TRUE(eventually([&] {
    return world.metric("meridian_edge_origin_requests") == 0 &&
           world.metric("meridian_edge_origin_connections") == 0;
  }));
  EXPECT_EQ(world.metric("meridian_edge_origin_errors_total"), 0);
  EXPECT_EQ(world.metric("meridian_edge_origin_retries_total"), 0);
  visitor.ask(5, kHost, kHealth);
  EXPECT_EQ(visitor.read_answer(5).status, 200);
}

/// The origin may have done it all the same.
TEST(Http2, AChangeThatIsTakenBackEndsWhatIsStored) {
  Origin origin([](const Origin::Request& request) -> Origin::Reply {
    const bool change = request.head.method == "POST";
    return {.bytes = change ? "" : reply(200, kCached, "x"), .gated = change, .after_gate = {}};
  });
  World world({&origin});
  Http2Client visitor(world.https_port(), kHost);
  visitor.ask(1, kHost, "/x");
  EXPECT_EQ(visitor.read_answer(1).status, 200);
  visitor.ask(3, kHost, "/x", {}, "POST");
  ASSERT_TRUE(eventually([&] { return origin.requests() == 2; }));
  visitor.send(frame(kRstStream, 0, 3, u32(8)));
  ASSERT_TRUE(eventually([&] { return world.metric("meridian_edge_origin_requests") == 0; }));
  visitor.ask(5, kHost, "/x");
  EXPECT_EQ(visitor.read_answer(5).status, 200);
  EXPECT_EQ(origin.requests(), 3);
}

TEST(Http2, SlowHeadsAndIdleConnectionsAreClosed) {
  Origin origin([](const auto&) { return say(reply(200, "", "x")); });
  World world({&origin}, [](EdgeOptions& options) {
    options.limits.head = options.limits.idle = std::chrono::milliseconds(100);
  });
  Http2Client slow(world.https_port(), kHost);
  slow.send(frame(kHeaders, kEndStream, 1, encode({{":method", "GET"}})));
  std::string last_word;
  while (const auto got = slow.next())
    if (got->type == kGoaway) last_word = got->payload.substr(4, 4);
  EXPECT_EQ(last_word, u32(11));
  Http2Client idle(world.https_port(), kHost);
  while (idle.step()) {
  }
  EXPECT_EQ(idle.goaway, 0u);
}

TEST(Http2, ABrokenAnswerIsReset) {
  Origin origin([](const auto&) -> Origin::Reply {
    return {.bytes = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc",
            .gated = false,
            .after_gate = {},
            .close = true};
  });
  World world({&origin});
  Http2Client visitor(world.https_port(), kHost);
  visitor.ask(1, kHost, "/broken");
  EXPECT_EQ(visitor.read_answer(1).reset, 2u);
  visitor.ask(3, kHost, kHealth);
  EXPECT_EQ(visitor.read_answer(3).body, "ok\n");
}

/// An origin of WebSockets, and a tunnel to it that is open.
class OpenTunnel : public ::testing::Test {
 protected:
  OpenTunnel() {
    visitor.ask(1, kHost, "/ws", {{":protocol", "websocket"}}, "CONNECT", false);
    while (visitor.answers[1].body != "welcome" && visitor.step()) {
    }
  }
  static Origin::Reply answer(const Origin::Request& request) {
    const auto key = request.head.fields.find("sec-websocket-key").value_or("");
    // The key of RFC 6455 section 1.3 would make the answer known; this one is the edge's own.
    const bool asked = request.head.fields.find("upgrade") == "websocket" &&
                       request.head.method == "GET" && key.size() == 24;
    if (!asked) return say(reply(400, "", "no"));
    return {.bytes =
                "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\n"
                "Upgrade: websocket\r\nSec-WebSocket-Accept: " +
                websocket_accept(key) + "\r\n\r\nwelcome",
            .gated = true,
            .after_gate = "bye",
            .close = true};
  }
  Origin origin{answer};
  std::unique_ptr<World> world = std::make_unique<World>(std::vector<const Origin*>{&origin});
  Http2Client visitor{world->https_port(), kHost};
};

TEST_F(OpenTunnel, CarriesAWebSocket) {
  EXPECT_EQ(visitor.answers[1].status, 200);
  EXPECT_EQ(visitor.answers[1].fields.count("sec-websocket-accept"), 0u);
  visitor.send(frame(kData, 0, 1, "hello"));
  origin.open_gate();
  EXPECT_EQ(visitor.read_answer(1).body, "welcomebye");
  EXPECT_TRUE(eventually([&] { return origin.received().ends_with("hello"); }));
}

TEST_F(OpenTunnel, KeepsNoEdgeFromEnding) {
  EXPECT_EQ(visitor.answers[1].body, "welcome");
  world.reset();  // comes back
  EXPECT_FALSE(visitor.read_answer(1).complete);
}

TEST(Http2, AnOriginThatDoesNotUpgradeGivesNoWebSocket) {
  Origin origin([](const Origin::Request&) { return say(reply(200, "", "a page")); });
  World world({&origin});
  Http2Client visitor(world.https_port(), kHost);
  visitor.ask(1, kHost, "/ws", {{":protocol", "websocket"}}, "CONNECT", false);
  EXPECT_EQ(visitor.read_answer(1).status, 502);
}

TEST(Http2, SaysGoodbyeAndFinishesWhatItHasBegun) {
  Origin origin([](const auto&) -> Origin::Reply {
    return {.bytes = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nab",
            .gated = true,
            .after_gate = "cd",
            .close = false};
  });
  World world({&origin});
  Http2Client idle(world.https_port(), kHost), busy(world.https_port(), kHost);
  idle.ask(1, kHost, kHealth);
  EXPECT_EQ(idle.read_answer(1).status, 200);
  busy.ask(1, kHost, "/");
  while (busy.answers[1].body != "ab") ASSERT_TRUE(busy.step());
  world.edge().drain(std::chrono::milliseconds(0));
  while (idle.step()) {
  }
  EXPECT_EQ(idle.goaway, 0u);
  EXPECT_EQ(idle.last_stream, 1u);
  while (busy.last_stream != 1u) ASSERT_TRUE(busy.step());
  origin.open_gate();
  EXPECT_EQ(busy.read_answer(1).body, "abcd");
  EXPECT_TRUE(busy.at_end());
  EXPECT_TRUE(eventually([&] { return world.edge().open_connections() == 0; }));
}

TEST(Http2, PlainHttpLeadsToHttpsWithPriorKnowledge) {
  Origin origin([](const auto&) { return say(reply(200, kCached, "x")); });
  World world({&origin});
  world.site.set_redirect_to_https(true);
  ASSERT_TRUE(world.apply());
  Http2Client visitor(world.http_port());
  visitor.ask(1, kHost, "/a");
  EXPECT_EQ(visitor.read_answer(1).status, 308);
}

TEST(Http2, OneSessionServesAllNamesOfItsCertificateOnly) {
  Origin origin([](const auto&) { return say(reply(200, kCached, "x")); });
  World world({&origin});
  Http2Client visitor(world.https_port(), kHost);
  visitor.ask(1, "static.shop.example", "/");
  EXPECT_EQ(visitor.read_answer(1).status, 200);
  visitor.ask(3, "stranger.example", "/");
  EXPECT_EQ(visitor.read_answer(3).status, 421);
}

}  // namespace
}  // namespace meridian::edge
