// What one visitor's answer leaves for others, through sockets: nothing that is his alone.
#include <algorithm>
#include <set>

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
const std::string kRequest = "GET /a HTTP/1.1\r\nHost: www.shop.example\r\n\r\n";

Origin::Reply say(std::string bytes, bool close = false) {
  return {.bytes = std::move(bytes), .gated = false, .after_gate = {}, .close = close};
}

std::string not_modified(const std::string& fields) {
  return "HTTP/1.1 304 Not Modified\r\n" + fields + "\r\n";
}

bool is_conditional(const Origin::Request& request) {
  return request.head.fields.has("if-none-match");
}

class Validated : public ::testing::TestWithParam<const char*> {};

INSTANTIATE_TEST_SUITE_P(CacheSharing, Validated,
                         ::testing::Values("Cache-Control: no-cache\r\n",
                                           "Cache-Control: max-age=60, no-cache\r\n",
                                           "Cache-Control: max-age=0\r\n", "Expires: 0\r\n",
                                           "Cache-Control: max-age=5\r\nAge: 5\r\n"));

TEST_P(Validated, ABodyThatIsOnItsWayIsForWhoAskedForIt) {
  std::atomic<int> count{0};
  Origin origin([&](const auto&) -> Origin::Reply {
    const std::string fields = GetParam() + std::string("ETag: \"1\"\r\nContent-Length: 3\r\n\r\n");
    return {.bytes = "HTTP/1.1 200 OK\r\n" + fields + std::to_string(++count),
            .gated = true,
            .after_gate = "--",
            .close = false};
  });
  World world({&origin});
  const auto alice = world.visit(), bob = world.visit(), carol = world.visit();
  int asked = 0;
  for (auto* visitor : {alice.get(), bob.get(), carol.get()}) {
    visitor->send(kRequest);
    ++asked;
    ASSERT_TRUE(eventually([&] { return origin.requests() == asked; })) << "another's was given";
    while (visitor->unread().find("\r\n\r\n" + std::to_string(asked)) == std::string::npos)
      ASSERT_TRUE(visitor->read_more());
  }
  origin.open_gate();
  EXPECT_EQ(alice->read_response().body, "1--");
  EXPECT_EQ(bob->read_response().body, "2--");
  EXPECT_EQ(carol->read_response().body, "3--");
}

TEST_P(Validated, WhoWaitsForTheHeadAsksByHimself) {
  std::atomic<int> count{0};
  Origin origin([&](const auto&) -> Origin::Reply {
    const auto answer =
        reply(200, GetParam() + std::string("ETag: \"1\"\r\n"), std::to_string(++count));
    return {.bytes = {}, .gated = true, .after_gate = answer, .close = false};
  });
  World world({&origin});
  std::vector<std::unique_ptr<Client>> visitors;
  for (int i = 0; i < 5; ++i) visitors.push_back(world.visit());
  for (const auto& visitor : visitors) visitor->send(kRequest);
  ASSERT_TRUE(eventually([&] { return origin.requests() > 0; }));
  origin.open_gate();
  std::set<std::string> bodies;
  for (const auto& visitor : visitors) bodies.insert(visitor->read_response().body);
  EXPECT_EQ(bodies.size(), visitors.size());
}

TEST(CacheSharing, WhatMustBeValidatedStillStandsInForAFailingOrigin) {
  std::atomic<int> count{0};
  Origin origin([&](const auto&) {
    if (++count > 1) return say("", true);
    return say(reply(200, "Cache-Control: max-age=0\r\nETag: \"1\"\r\n", "old"));
  });
  World world({&origin});
  const auto visitor = world.visit();
  EXPECT_EQ(visitor->get(kHost, "/a").body, "old");
  EXPECT_EQ(visitor->get(kHost, "/a", "If-None-Match: \"0\"\r\n").body, "old");
  EXPECT_EQ(visitor->get(kHost, "/a", "If-None-Match: \"1\"\r\n").status, 304);
  EXPECT_EQ(visitor->get(kHost, "/a", "Range: bytes=0-0\r\n").body, "o");
}

TEST(CacheSharing, TheCookieOfA304IsForWhoLedToIt) {
  Origin origin([](const Origin::Request& request) {
    if (is_conditional(request))
      return say(not_modified("Cache-Control: public, max-age=60\r\nSet-Cookie: id=alice\r\n"));
    return say(reply(200, "Cache-Control: max-age=0\r\nETag: \"1\"\r\n", "page"));
  });
  World world({&origin});
  EXPECT_EQ(world.visit()->get(kHost, "/a").body, "page");
  const auto alice = world.visit()->get(kHost, "/a");
  EXPECT_EQ(alice.body, "page");
  EXPECT_EQ(alice.field("set-cookie"), "id=alice");
  EXPECT_EQ(alice.field("cache-status"), "meridian; fwd=stale; fwd-status=304; stored");
  const auto bob = world.visit()->get(kHost, "/a");
  EXPECT_TRUE(bob.field("cache-status").starts_with("meridian; hit"));
  EXPECT_EQ(bob.body, "page");
  EXPECT_EQ(bob.field("set-cookie"), "");
}

TEST(CacheSharing, TheCookieThatARefreshBringsIsForNobody) {
  Origin origin([](const Origin::Request& request) {
    if (is_conditional(request))
      return say(not_modified("Cache-Control: public, max-age=60\r\nSet-Cookie: id=alice\r\n"));
    return say(reply(200, "Cache-Control: max-age=0, stale-while-revalidate=60\r\nETag: \"1\"\r\n",
                     "page"));
  });
  World world({&origin});
  const auto visitor = world.visit();
  EXPECT_TRUE(eventually([&] {
    const auto answer = visitor->get(kHost, "/a");
    EXPECT_EQ(answer.field("set-cookie"), "");
    return answer.field("cache-control") == "public, max-age=60";
  }));
  EXPECT_EQ(origin.requests(), 2);
}

class NoLongerForAll : public ::testing::TestWithParam<const char*> {};

INSTANTIATE_TEST_SUITE_P(CacheSharing, NoLongerForAll,
                         ::testing::Values("Cache-Control: private\r\n",
                                           "Cache-Control: no-store\r\n", "Vary: *\r\n",
                                           "Vary: X-Forwarded-For\r\n"));

TEST_P(NoLongerForAll, WhatA304SaysIsForItsVisitorAndEndsWhatIsStored) {
  std::atomic<int> count{0};
  Origin origin([&](const Origin::Request& request) {
    if (is_conditional(request)) return say(not_modified(GetParam() + std::string("X-Me: 7\r\n")));
    return say(reply(200, "Cache-Control: max-age=0\r\nETag: \"1\"\r\n", std::to_string(++count)));
  });
  World world({&origin});
  EXPECT_EQ(world.visit()->get(kHost, "/a").body, "1");
  const auto alice = world.visit()->get(kHost, "/a");
  EXPECT_EQ(alice.status, 200);
  EXPECT_EQ(alice.body, "1");
  EXPECT_EQ(alice.field("x-me"), "7");
  EXPECT_EQ(alice.field("cache-status"), "meridian; fwd=stale; fwd-status=304");
  const auto bob = world.visit()->get(kHost, "/a");
  EXPECT_EQ(bob.body, "2");
  EXPECT_EQ(bob.field("x-me"), "");
}

TEST(CacheSharing, WhoWaitedForSuchA304AsksByHimself) {
  std::atomic<int> count{0};
  std::atomic<bool> asked{false};
  Origin origin([&](const Origin::Request& request) -> Origin::Reply {
    if (!is_conditional(request))
      return say(
          reply(200, "Cache-Control: max-age=1\r\nETag: \"1\"\r\n", std::to_string(++count)));
    const bool first = !asked.exchange(true);
    return {.bytes = {},
            .gated = first,
            .after_gate = not_modified("Cache-Control: private\r\nX-Me: 7\r\n"),
            .close = false};
  });
  World world({&origin});
  EXPECT_EQ(world.visit()->get(kHost, "/a").body, "1");
  v1::Purge soft;
  soft.set_sequence(1);
  soft.set_url("https://www.shop.example/a");
  soft.set_soft(true);
  ASSERT_TRUE(world.edge().purge(soft));
  const auto alice = world.visit(), bob = world.visit();
  alice->send(kRequest);
  ASSERT_TRUE(eventually([&] { return asked.load(); }));
  bob->send(kRequest);
  origin.open_gate();
  const auto hers = alice->read_response();
  EXPECT_EQ(hers.body, "1");
  EXPECT_EQ(hers.field("x-me"), "7");
  const auto his = bob->read_response();
  EXPECT_EQ(his.body, "2");
  EXPECT_EQ(his.field("x-me"), "");
}

TEST(CacheSharing, ACookieIsForAllOnlyIfTheOriginSaysSo) {
  std::atomic<int> count{0};
  Origin origin([&](const Origin::Request& request) {
    const std::string says = request.head.target == "/all" ? "public, " : "";
    return say(reply(200, "Cache-Control: " + says + "max-age=60\r\nSet-Cookie: a=b\r\n",
                     std::to_string(++count)));
  });
  World world({&origin});
  EXPECT_EQ(world.visit()->get(kHost, "/one").body, "1");
  EXPECT_EQ(world.visit()->get(kHost, "/one").body, "2");
  EXPECT_EQ(world.visit()->get(kHost, "/all").body, "3");
  EXPECT_EQ(world.visit()->get(kHost, "/all").body, "3");
}

TEST(CacheSharing, WhatIsChosenByTheClientsAddressServesNobodyElse) {
  Origin origin([](const Origin::Request& request) {
    return say(reply(200, "Cache-Control: max-age=60\r\nVary: X-Forwarded-For\r\n",
                     request.head.fields.combined("x-forwarded-for")));
  });
  World world({&origin});
  for (const std::string address : {"127.0.0.2", "127.0.0.3"}) {
    Client client(world.https_port(), kHost, nullptr, {}, {}, address);
    EXPECT_EQ(client.get(kHost, "/a").body, address);
  }
}

TEST(CacheSharing, A304OfAnotherEntityTagConfirmsNothing) {
  std::atomic<int> count{0};
  Origin origin([&](const Origin::Request& request) {
    if (is_conditional(request))
      return say(not_modified("ETag: \"other\"\r\nCache-Control: max-age=60\r\n"));
    const auto number = std::to_string(++count);
    return say(reply(200, "Cache-Control: max-age=0\r\nETag: \"" + number + "\"\r\n", number));
  });
  World world({&origin});
  const auto visitor = world.visit();
  EXPECT_EQ(visitor->get(kHost, "/a").body, "1");
  const auto again = visitor->get(kHost, "/a");
  EXPECT_EQ(again.body, "2");
  EXPECT_EQ(again.field("etag"), "\"2\"");
  EXPECT_EQ(origin.requests(), 3);
  EXPECT_EQ(origin.connections(), 1);
}

}  // namespace
}  // namespace meridian::edge
