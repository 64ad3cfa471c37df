// Most misses are fetched by a shorter way than all else, on connections that are there: what
// visitors and origins see must not tell.
#include <atomic>

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
/// It sends a request the long way, and changes nothing else.
const std::string kLongWay = "Pragma: none\r\n";

Origin::Reply say(std::string bytes) {
  return {.bytes = std::move(bytes), .gated = false, .after_gate = {}, .close = false};
}

/// The edge keeps a connection to the origin from here on.
std::unique_ptr<Client> visit_warmed(const World& world) {
  auto visitor = world.visit();
  EXPECT_EQ(visitor->get(kHost, "/warm").status, 200);
  return visitor;
}

std::string asked_for(const std::string& target) {
  return "GET " + target + " HTTP/1.1\r\nHost: www.shop.example\r\n\r\n";
}

/// The first answer to `target`, and again by the long way after all was forgotten.
void expect_same(World& world, Client& visitor, const std::string& target) {
  auto shorter = visitor.get(kHost, target);
  EXPECT_FALSE(shorter.field("cache-status").starts_with("meridian; hit")) << target;
  world.purge_url(target);
  auto longer = visitor.get(kHost, target, kLongWay);
  for (auto* response : {&shorter, &longer})
    for (const char* changing : {"age", "date"}) response->fields.erase(changing);
  EXPECT_EQ(shorter.status, longer.status);
  EXPECT_EQ(shorter.fields, longer.fields);
  EXPECT_EQ(shorter.body, longer.body);
}

TEST(QuickFetch, SaysTheSameAsTheLongWay) {
  Origin origin([](const Origin::Request& request) {
    const auto& target = request.head.target;
    const std::string fields =
        "ETag: \"e\"\r\nAge: 7\r\nSurrogate-Key: a\r\n"
        "Server: secret\r\nVia: 1.1 inside\r\nVary: X-Kind\r\nX-Empty:\r\nX-Hop: 1\r\n"
        "Connection: X-Hop\r\n";
    if (target == "/void")
      return say("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nCache-Control: no-store\r\n" +
                 fields + "\r\n0\r\n\r\n");
    if (target == "/gone") return say("HTTP/1.1 204 No Content\r\n" + fields + "\r\n");
    if (target == "/bad") return say(reply(500, fields, "oh"));
    return say(reply(target == "/missing" ? 404 : 200,
                     fields + (target == "/mine" ? "Cache-Control: no-store\r\n" : kCached),
                     target == "/empty" ? "" : "body of " + target));
  });
  World world({&origin});
  const auto visitor = visit_warmed(world);
  for (const char* target : {"/a", "/empty", "/missing", "/mine", "/gone", "/bad", "/void", "/b"})
    expect_same(world, *visitor, target);
  EXPECT_EQ(origin.connections(), 1);
}

TEST(QuickFetch, AsksTheOriginTheSameAsTheLongWay) {
  Origin origin([](const auto&) { return say(reply(200, "Cache-Control: no-store\r\n", "x")); });
  World world({&origin});
  const auto visitor = visit_warmed(world);
  const std::string fields =
      "X-A: 1\r\nTE: trailers\r\nX-Forwarded-For: 1.2.3.4\r\nConnection: X-Hop\r\nX-Hop: 1\r\n"
      "Cookie: a=b\r\nAccept-Encoding: gzip\r\n";
  const auto heard = [&](const std::string& more) {
    const auto before = origin.received().size();
    EXPECT_EQ(visitor->get(kHost, "/x?y=z", fields + more).status, 200);
    return origin.received().substr(before);
  };
  const auto shorter = heard("");
  auto longer = heard(kLongWay);
  const auto at = longer.find(kLongWay);
  ASSERT_NE(at, std::string::npos);
  EXPECT_EQ(shorter, longer.erase(at, kLongWay.size()));
}

TEST(QuickFetch, NothingOfOneMissIsInTheNext) {
  const std::string large = "X-Large: " + std::string(6'000, 'x') + "\r\n";
  Origin origin([&](const Origin::Request& request) {
    const auto& target = request.head.target;
    const bool stored = target.find("stored") != target.npos;
    return say(reply(target.find("missing") != target.npos ? 404 : 200,
                     "X-Of: " + target + "\r\n" +
                         (stored ? kCached : "Cache-Control: no-store\r\n") +
                         (target.find("large") != target.npos ? large : ""),
                     "body of " + target));
  });
  World world({&origin});
  const auto visitor = visit_warmed(world), other = visit_warmed(world);
  for (int i = 0; i < 40; ++i) {
    const std::string kinds[] = {"/large", "/small", "/stored", "/large-stored", "/missing"};
    const auto target = kinds[i * 7 % 5] + "?" + std::to_string(i);
    // Two at a time, of which each answers its own.
    other->send("GET " + target + "&o HTTP/1.1\r\nHost: www.shop.example\r\nX-Visit: o\r\n\r\n");
    const auto mine = visitor->get(kHost, target, i % 2 ? "X-Visit: m\r\n" : "");
    const auto others = other->read_response();
    for (const auto& [response, of] :
         {std::pair(&mine, target), std::pair(&others, target + "&o")}) {
      EXPECT_EQ(response->status, of.starts_with("/missing") ? 404 : 200) << of;
      EXPECT_EQ(response->field("x-of"), of);
      EXPECT_EQ(response->body, "body of " + of);
      EXPECT_EQ(response->field("x-large").empty(), of.find("large") == of.npos) << of;
    }
    const auto hit = visitor->get(kHost, target);
    EXPECT_EQ(hit.field("cache-status").starts_with("meridian; hit"),
              target.find("stored") != target.npos);
    EXPECT_EQ(hit.field("x-of"), target);
  }
  // What only some of the visitors' requests had.
  const auto received = origin.received();
  std::size_t mine = 0;
  for (auto at = received.find("X-Visit: m"); at != received.npos;
       at = received.find("X-Visit: m", at + 1))
    ++mine;
  EXPECT_EQ(mine, 20u);
}

TEST(QuickFetch, StoresWhatItHasFetched) {
  Origin origin([](const auto&) { return say(reply(200, kCached, "hello")); });
  World world({&origin});
  const auto visitor = visit_warmed(world);
  EXPECT_EQ(visitor->get(kHost, "/a").field("cache-status"),
            "meridian; fwd=uri-miss; fwd-status=200; stored");
  const auto hit = visitor->get(kHost, "/a");
  EXPECT_TRUE(hit.field("cache-status").starts_with("meridian; hit"));
  EXPECT_EQ(hit.body, "hello");
  EXPECT_EQ(origin.requests(), 2);
}

TEST(QuickFetch, OthersFollowIt) {
  Origin origin([](const Origin::Request& request) -> Origin::Reply {
    const auto whole = reply(200, kCached, "hello");
    if (request.head.target == "/warm") return say(whole);
    return {.bytes = {}, .gated = true, .after_gate = whole, .close = false};
  });
  World world({&origin});
  const auto leader = visit_warmed(world);
  leader->send(asked_for("/a"));
  ASSERT_TRUE(eventually([&] { return origin.requests() == 2; }));
  const auto follower = world.visit();
  follower->send(asked_for("/a"));
  ASSERT_TRUE(eventually([&] { return world.metric("meridian_edge_open_connections") == 2; }));
  origin.open_gate();
  EXPECT_EQ(leader->read_response().body, "hello");
  EXPECT_EQ(follower->read_response().body, "hello");
  EXPECT_EQ(origin.requests(), 2);
}

TEST(QuickFetch, OutlivesTheVisitorThatCausedIt) {
  Origin origin([](const Origin::Request& request) -> Origin::Reply {
    const auto whole = reply(200, kCached, "hello");
    if (request.head.target == "/warm") return say(whole);
    return {.bytes = {}, .gated = true, .after_gate = whole, .close = false};
  });
  World world({&origin});
  auto leaver = visit_warmed(world);
  leaver->send(asked_for("/a"));
  ASSERT_TRUE(eventually([&] { return origin.requests() == 2; }));
  leaver.reset();
  origin.open_gate();
  const auto visitor = world.visit();
  EXPECT_EQ(visitor->get(kHost, "/a").body, "hello");
  EXPECT_EQ(origin.requests(), 2);
}

TEST(QuickFetch, GoesOnTheLongWayWhereverItStands) {
  const std::string half = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n" + kCached;
  Origin origin([&](const Origin::Request& request) -> Origin::Reply {
    const auto& target = request.head.target;
    if (target == "/warm") return say(reply(200, kCached, ""));
    if (target == "/head") return {half, true, "\r\nhelloworld", false};
    if (target == "/body") return {half + "\r\nhello", true, "world", false};
    if (target == "/chunks")
      return say("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n" + kCached +
                 "\r\n5\r\nhello\r\n5\r\nworld\r\n0\r\n\r\n");
    if (target == "/close")
      return {"HTTP/1.1 200 OK\r\n" + kCached + "\r\nhelloworld", false, "", true};
    if (target == "/hint")
      return say("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + half + "\r\nhelloworld");
    return say(half + "X-Large: " + std::string(20'000, 'x') + "\r\n\r\nhelloworld");
  });
  World world({&origin});
  for (const char* target : {"/head", "/body", "/chunks", "/large", "/hint", "/close"}) {
    const auto visitor = visit_warmed(world);
    const auto before = origin.requests();
    visitor->send(asked_for(target));
    ASSERT_TRUE(eventually([&] { return origin.requests() == before + 1; })) << target;
    origin.open_gate();
    auto response = visitor->read_response();
    if (response.status == 103) response = visitor->read_response();
    EXPECT_EQ(response.status, 200) << target;
    EXPECT_EQ(response.body, "helloworld") << target;
    const auto hit = world.visit()->get(kHost, target);
    EXPECT_EQ(hit.body, "helloworld") << target;
    EXPECT_EQ(origin.requests(), before + 1) << target;
  }
}

TEST(QuickFetch, WhatComesBehindAResponseIsNoOnesAnswer) {
  Origin origin([](const Origin::Request& request) {
    const auto whole = reply(200, "Cache-Control: no-store\r\n", request.head.target);
    return say(request.head.target == "/more" ? whole + reply(200, kCached, "smuggled") : whole);
  });
  World world({&origin});
  const auto visitor = visit_warmed(world);
  EXPECT_EQ(visitor->get(kHost, "/more").body, "/more");
  EXPECT_EQ(visitor->get(kHost, "/a").body, "/a");
  EXPECT_EQ(visitor->get(kHost, "/b").body, "/b");
  EXPECT_EQ(origin.connections(), 2);
}

TEST(QuickFetch, ABodyThatBreaksOffIsSeenToAndNotStored) {
  Origin origin([](const Origin::Request& request) -> Origin::Reply {
    static std::atomic<bool> died{false};
    const auto whole = reply(200, kCached, "helloworld");
    if (request.head.target == "/a" && !died.exchange(true))
      return {whole.substr(0, whole.size() - 5), false, "", true};
    return say(whole);
  });
  World world({&origin});
  const auto visitor = visit_warmed(world);
  const auto broken = visitor->get(kHost, "/a");
  EXPECT_EQ(broken.status, 200);
  EXPECT_FALSE(broken.complete);
  const auto whole = world.visit()->get(kHost, "/a");
  EXPECT_EQ(whole.body, "helloworld");
  EXPECT_TRUE(whole.complete);
}

TEST(QuickFetch, AsksAgainWhenTheKeptConnectionHasDied) {
  Origin origin([](const Origin::Request& request) -> Origin::Reply {
    // The second request on the first connection gets nothing but its end.
    static std::atomic<bool> died{false};
    if (request.head.target == "/a" && !died.exchange(true)) return {"", false, "", true};
    return say(reply(200, kCached, "hello"));
  });
  World world({&origin});
  const auto visitor = visit_warmed(world);
  const auto response = visitor->get(kHost, "/a");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, "hello");
  EXPECT_EQ(origin.connections(), 2);
}

TEST(QuickFetch, AnOriginThatSaysNothingIsGivenUpInTime) {
  Origin origin([](const Origin::Request& request) -> Origin::Reply {
    if (request.head.target == "/warm") return say(reply(200, kCached, ""));
    return {"", true, "", false};
  });
  World world(origin.port(),
              [](v1::OriginPool& pool) { pool.mutable_first_byte_timeout()->set_seconds(1); });
  const auto visitor = visit_warmed(world);
  EXPECT_EQ(visitor->get(kHost, "/a").status, 504);
  EXPECT_EQ(visitor->get(kHost, "/warm").status, 200);
  origin.open_gate();
}

TEST(QuickFetch, EncodesWhatTheSiteWantsEncoded) {
  const std::string text(4000, 'a');
  Origin origin(
      [&](const auto&) { return say(reply(200, kCached + "Content-Type: text/plain\r\n", text)); });
  World world({&origin});
  world.site.mutable_compression()->add_codings("gzip");
  ASSERT_TRUE(world.apply());
  const auto visitor = visit_warmed(world);
  const auto response = visitor->get(kHost, "/a", "Accept-Encoding: gzip\r\n");
  EXPECT_EQ(response.field("content-encoding"), "gzip");
  EXPECT_LT(response.body.size(), 200u);
  EXPECT_TRUE(response.complete);
  EXPECT_EQ(visitor->get(kHost, "/b").body, text);
}

TEST(QuickFetch, ARefusedBodyDoesNotTakeTheAnswerWithIt) {
  Origin origin([](const auto&) { return say(reply(200, kCached, "")); });
  World world({&origin});
  world.site.mutable_limits()->set_request_body_bytes(10);
  ASSERT_TRUE(world.apply());
  const auto visitor = visit_warmed(world);
  // The head alone, and the body while the answer is on its way.
  visitor->send("POST /a HTTP/1.1\r\nHost: www.shop.example\r\nContent-Length: 200000\r\n\r\n");
  visitor->send(std::string(200'000, 'x'));
  EXPECT_EQ(visitor->read_response().status, 413);
}

TEST(QuickFetch, PipelinedRequestsAreAnsweredInOrder) {
  Origin origin([](const Origin::Request& request) -> Origin::Reply {
    const auto whole = reply(200, kCached, request.head.target);
    if (request.head.target != "/a") return say(whole);
    return {.bytes = {}, .gated = true, .after_gate = whole, .close = false};
  });
  World world({&origin});
  const auto visitor = visit_warmed(world);
  visitor->send(asked_for("/a"));
  ASSERT_TRUE(eventually([&] { return origin.requests() == 2; }));
  visitor->send(asked_for("/b") + asked_for("/c"));
  origin.open_gate();
  for (const char* target : {"/a", "/b", "/c"}) EXPECT_EQ(visitor->read_response().body, target);
}

}  // namespace
}  // namespace meridian::edge
