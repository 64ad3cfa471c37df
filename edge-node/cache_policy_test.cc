// What a site's visitors get of the cache's policy, through sockets.
#include <algorithm>

#include <gtest/gtest.h>

#include "edge-node/testing/world.h"

namespace meridian::edge {
namespace {

using testing::eventually;
using testing::reply;
using testing::World;
using Origin = testing::Origin;

constexpr const char* kHost = World::kHost;

Origin::Reply say(std::string bytes, bool close = false) {
  return {.bytes = std::move(bytes), .gated = false, .after_gate = {}, .close = close};
}

/// Answers with how many requests it has had, and these fields.
class Counting {
 public:
  explicit Counting(std::string fields)
      : origin_([this, fields = std::move(fields)](const Origin::Request&) {
          return say(reply(200, fields, std::to_string(++count_)));
        }) {}
  Origin& origin() { return origin_; }

 private:
  std::atomic<int> count_{0};
  Origin origin_;
};

TEST(CachePolicy, AVisitorsNoStoreKeepsOthersNotApart) {
  Origin origin([](const Origin::Request& request) -> Origin::Reply {
    if (request.head.fields.has("cache-control"))
      return say(reply(200, "Cache-Control: max-age=60\r\n", "apart"));
    return {.bytes = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\nCache-Control: max-age=60\r\n\r\nab",
            .gated = true,
            .after_gate = "cd",
            .close = false};
  });
  World world({&origin});
  EXPECT_EQ(world.visit()->get(kHost, "/x", "Cache-Control: no-store\r\n").body, "apart");
  std::vector<std::unique_ptr<testing::Client>> visitors;
  for (int i = 0; i < 5; ++i) {
    visitors.push_back(world.visit());
    visitors.back()->send("GET /x HTTP/1.1\r\nHost: www.shop.example\r\n\r\n");
  }
  for (const auto& visitor : visitors)
    while (visitor->unread().find("\r\n\r\nab") == std::string::npos)
      ASSERT_TRUE(visitor->read_more());
  origin.open_gate();
  for (const auto& visitor : visitors) EXPECT_EQ(visitor->read_response().body, "abcd");
  EXPECT_EQ(origin.requests(), 2);
}

TEST(CachePolicy, WhatOriginsSayOfTheirCachesIsKeptInFront) {
  Counting counting("Cache-Control: max-age=60\r\nCache-Status: inner; hit\r\n");
  World world({&counting.origin()});
  const auto visitor = world.visit();
  EXPECT_EQ(visitor->get(kHost, "/x").field("cache-status"),
            "inner; hit, meridian; fwd=uri-miss; fwd-status=200; stored");
  EXPECT_TRUE(visitor->get(kHost, "/x")
                  .field("cache-status")
                  .starts_with("inner; hit, meridian; hit; ttl="));
  EXPECT_TRUE(visitor->get(kHost, "/x", "Range: bytes=0-0\r\n")
                  .field("cache-status")
                  .starts_with("inner; hit, meridian; hit; ttl="));
}

TEST(CachePolicy, StaleContentStandsInForAFailingOrigin) {
  std::atomic<int> turn{0};
  Origin origin([&](const Origin::Request& request) {
    if (turn++ == 0) return say(reply(200, "ETag: \"a\"\r\nCache-Control: max-age=0\r\n", "old"));
    if (request.head.target == "/strict")
      return say(reply(200, "ETag: \"a\"\r\nCache-Control: max-age=0, must-revalidate\r\n", "old"));
    return turn == 2 ? say(reply(503, "", "down")) : say("", true);
  });
  World world({&origin});
  const auto visitor = world.visit();
  EXPECT_EQ(visitor->get(kHost, "/a").body, "old");
  const auto instead = visitor->get(kHost, "/a");
  EXPECT_EQ(instead.status, 200);
  EXPECT_EQ(instead.body, "old");
  EXPECT_EQ(instead.field("cache-status"),
            "meridian; fwd=stale; fwd-status=503; detail=stale-if-error");
  EXPECT_EQ(visitor->get(kHost, "/a").body, "old");  // the origin closes without an answer
}

TEST(CachePolicy, WhatTheOriginHasNoLongerStandsInForNothing) {
  std::atomic<int> turn{0};
  Origin origin([&](const Origin::Request&) {
    if (turn++ == 0) return say(reply(200, "ETag: \"a\"\r\nCache-Control: max-age=0\r\n", "old"));
    return turn == 2 ? say(reply(404, "", "gone")) : say(reply(503, "", "down"));
  });
  World world({&origin});
  const auto visitor = world.visit();
  EXPECT_EQ(visitor->get(kHost, "/a").body, "old");
  EXPECT_EQ(visitor->get(kHost, "/a").body, "gone");
  EXPECT_EQ(visitor->get(kHost, "/a").body, "down");
}

TEST(CachePolicy, WhatMayNoLongerBeStoredEndsWhatIs) {
  std::atomic<int> count{0};
  Origin origin([&](const Origin::Request&) {
    const std::string body = std::to_string(++count);
    if (count > 1) return say(reply(200, "Cache-Control: no-store\r\n", body));
    return say(
        reply(200, "Cache-Control: max-age=0, stale-while-revalidate=60\r\nETag: \"a\"\r\n", body));
  });
  World world({&origin});
  const auto visitor = world.visit();
  EXPECT_EQ(visitor->get(kHost, "/a").body, "1");
  EXPECT_TRUE(eventually([&] { return visitor->get(kHost, "/a").body != "1"; }));
  EXPECT_NE(visitor->get(kHost, "/a").body, "1");
}

TEST(CachePolicy, AHeadOfWhatIsStaleIsForwardedAsSuch) {
  Counting counting("Cache-Control: max-age=0\r\nETag: \"1\"\r\n");
  World world({&counting.origin()});
  const auto visitor = world.visit();
  for (const char* status :
       {"meridian; fwd=uri-miss; fwd-status=200", "meridian; fwd=stale; fwd-status=200"}) {
    visitor->send("HEAD /x HTTP/1.1\r\nHost: www.shop.example\r\n\r\n");
    EXPECT_EQ(visitor->read_response(true).field("cache-status"), status);
    EXPECT_EQ(visitor->get(kHost, "/x").status, 200);
  }
}

// Without a condition there is nothing that could be as it was, without a range no part of it.
TEST(CachePolicy, AnAnswerToWhatNobodyAskedIsAnErrorOfTheOrigins) {
  std::atomic<bool> good{false};
  Origin origin([&](const Origin::Request& request) {
    if (good) return say(reply(200, "Cache-Control: max-age=60\r\n", "0123456789"));
    if (request.head.target.starts_with("/304"))
      return say("HTTP/1.1 304 Not Modified\r\nETag: \"1\"\r\nCache-Control: max-age=60\r\n\r\n");
    return say(reply(206, "Cache-Control: max-age=60\r\nContent-Range: bytes 0-1/10\r\n", "01"));
  });
  World world({&origin});
  const auto visitor = world.visit();
  for (const std::string target : {"/304", "/206"}) {
    for (int i = 0; i < 2; ++i) {  // on a connection that is new, and that was kept
      EXPECT_EQ(visitor->get(kHost, target).status, 502);
      visitor->send("POST " + target + " HTTP/1.1\r\nHost: www.shop.example\r\n" +
                    "Content-Length: 1\r\n\r\nx");
      EXPECT_EQ(visitor->read_response().status, 502);
      good = true;
      EXPECT_EQ(visitor->get(kHost, target + "/kept" + std::to_string(i)).status, 200);
      good = false;
    }
  }
  visitor->send("HEAD /304 HTTP/1.1\r\nHost: www.shop.example\r\nIf-None-Match: \"1\"\r\n\r\n");
  EXPECT_EQ(visitor->read_response(true).status, 304);
  good = true;
  EXPECT_EQ(visitor->get(kHost, "/206").body, "0123456789");
}

// Those who use other units of ranges than bytes know what they do.
TEST(CachePolicy, APartInAnotherUnitIsPassedOnAndNotStored) {
  std::atomic<int> count{0};
  Origin origin([&](const Origin::Request&) {
    return say(reply(206, "Cache-Control: max-age=60\r\nContent-Range: items 0-14/100\r\n",
                     std::to_string(++count)));
  });
  World world({&origin});
  for (int i = 1; i <= 2; ++i) {
    const auto answer = world.visit()->get(kHost, "/rows");
    EXPECT_EQ(answer.status, 206);
    EXPECT_EQ(answer.field("content-range"), "items 0-14/100");
    EXPECT_EQ(answer.body, std::to_string(i));
  }
}

TEST(CachePolicy, MustRevalidateForbidsToStandIn) {
  std::atomic<int> turn{0};
  Origin origin([&](const Origin::Request&) {
    if (turn++ == 0)
      return say(reply(200, "ETag: \"a\"\r\nCache-Control: max-age=0, must-revalidate\r\n", "old"));
    return say(reply(503, "", "down"));
  });
  World world({&origin});
  const auto visitor = world.visit();
  EXPECT_EQ(visitor->get(kHost, "/a").status, 200);
  const auto failure = visitor->get(kHost, "/a");
  EXPECT_EQ(failure.status, 503);
  EXPECT_EQ(failure.body, "down");
}

TEST(CachePolicy, StaleContentIsServedWhileItIsRevalidated) {
  Counting counting("Cache-Control: max-age=0, stale-while-revalidate=60\r\nETag: \"a\"\r\n");
  World world({&counting.origin()});
  const auto visitor = world.visit();
  EXPECT_EQ(visitor->get(kHost, "/a").body, "1");
  for (int i = 0; i < 3; ++i)  // nothing of what came for them would be stored
    EXPECT_EQ(visitor->get(kHost, "/a", "Cache-Control: no-store\r\n").body, "1");
  const auto stale = visitor->get(kHost, "/a");
  EXPECT_EQ(stale.body, "1");
  EXPECT_TRUE(stale.field("cache-status").starts_with("meridian; hit; ttl="));
  EXPECT_TRUE(eventually([&] { return visitor->get(kHost, "/a").body == "2"; }));
}

TEST(CachePolicy, QueryParametersFieldsAndCookiesMakeTheKey) {
  Counting counting("Cache-Control: max-age=60\r\n");
  World world({&counting.origin()});
  auto& cache = *world.site.mutable_cache();
  cache.add_ignore_query_parameters("utm_*");
  cache.add_key_headers("X-Device");
  cache.add_key_cookies("currency");
  cache.add_bypass_cookies("session*");
  ASSERT_TRUE(world.apply());
  const auto visitor = world.visit();
  EXPECT_EQ(visitor->get(kHost, "/a?x=1&utm_source=mail").body, "1");
  EXPECT_EQ(visitor->get(kHost, "/a?utm_source=web&x=1").body, "1");
  EXPECT_EQ(visitor->get(kHost, "/a?x=2").body, "2");
  EXPECT_EQ(visitor->get(kHost, "/a?x=2", "X-Device: phone\r\n").body, "3");
  EXPECT_EQ(visitor->get(kHost, "/a?x=2", "Cookie: a=b; currency=EUR\r\n").body, "4");
  EXPECT_EQ(visitor->get(kHost, "/a?x=2", "Cookie: currency=EUR\r\n").body, "4");
  EXPECT_EQ(visitor->get(kHost, "/a?x=2", "Cookie: session_id=1\r\n").body, "5");
  EXPECT_EQ(visitor->get(kHost, "/a?x=2", "Cookie: session_id=1\r\n").body, "6");
  EXPECT_EQ(visitor->get(kHost, "/a?x=2").body, "2");
  world.purge_url("/a?utm_medium=x&x=2");  // every variant of the URL that is left
  EXPECT_EQ(visitor->get(kHost, "/a?x=2").body, "7");
  EXPECT_EQ(visitor->get(kHost, "/a?x=2", "X-Device: phone\r\n").body, "8");
  EXPECT_EQ(visitor->get(kHost, "/a?x=1").body, "1");
}

TEST(CachePolicy, WhatAnOriginTellsApartIsNoVariantOfWhatItDoesNot) {
  Origin origin([](const Origin::Request& request) {
    const bool known = request.head.fields.find("origin") == "https://app.example";
    return say(reply(200, "Cache-Control: max-age=60\r\nVary: Origin\r\n", known ? "yes" : "no"));
  });
  World world({&origin});
  const auto visitor = world.visit();
  for (const std::string other :
       {"Origin: https://app.example,\r\n", "Origin: ,https://app.example\r\n",
        "Origin: https://app.example\r\nOrigin:\r\n"}) {
    (void)visitor->get(kHost, "/a", other);
    EXPECT_EQ(visitor->get(kHost, "/a", "Origin: https://app.example\r\n").body, "yes") << other;
  }
}

TEST(CachePolicy, AChangeEndsWhatIsStoredForRequestsThatAreSpelledTheSame) {
  Counting counting("Cache-Control: max-age=60\r\n");
  World world({&counting.origin()});
  auto& cache = *world.site.mutable_cache();
  cache.add_keep_query_parameters("id");
  cache.add_key_headers("X-Tenant");
  cache.add_key_cookies("lang");
  ASSERT_TRUE(world.apply());
  const auto visitor = world.visit();
  const std::string odd = "/p?id=1&%69d=2", fields = "X-Tenant: a,\r\nCookie: lang=de; lang=xx\r\n";
  EXPECT_EQ(visitor->get(kHost, odd, fields).body, "1");
  EXPECT_EQ(visitor->get(kHost, "/p?id=1&x=1", fields).body, "2");
  EXPECT_EQ(visitor->get(kHost, odd, "X-Tenant: a\r\nCookie: lang=de\r\n").body, "3");
  EXPECT_EQ(visitor->get(kHost, odd, fields).body, "1");
  visitor->send("POST " + odd + " HTTP/1.1\r\nHost: www.shop.example\r\n" + fields +
                "Content-Length: 0\r\n\r\n");
  EXPECT_EQ(visitor->read_response().body, "4");
  EXPECT_EQ(visitor->get(kHost, odd, fields).body, "5");
  EXPECT_EQ(visitor->get(kHost, "/p?id=1", fields).body, "2");
  world.purge_url(odd);
  EXPECT_EQ(visitor->get(kHost, odd, fields).body, "6");
  EXPECT_EQ(visitor->get(kHost, "/p?id=1", fields).body, "2");
}

TEST(CachePolicy, RulesOverrideWhatTheOriginSays) {
  Counting counting("Cache-Control: no-store\r\n");
  World world({&counting.origin()});
  auto& keep = world.rules.emplace_back("keep", v1::Rule()).second;
  keep.mutable_match()->add_paths("/keep/*");
  keep.mutable_override_cache()->mutable_ttl()->set_seconds(60);
  auto& pass = world.rules.emplace_back("pass", v1::Rule()).second;
  pass.mutable_match()->add_paths("/keep/not");
  pass.mutable_override_cache()->set_bypass(true);
  for (const auto& [name, rule] : world.rules) world.site.add_rules(name);
  ASSERT_TRUE(world.apply());
  const auto visitor = world.visit();
  EXPECT_EQ(visitor->get(kHost, "/keep/a").body, "1");
  EXPECT_EQ(visitor->get(kHost, "/keep/a").body, "1");
  EXPECT_EQ(visitor->get(kHost, "/keep/not").body, "2");
  EXPECT_EQ(visitor->get(kHost, "/keep/not").body, "3");
  EXPECT_EQ(visitor->get(kHost, "/other").body, "4");
  EXPECT_EQ(visitor->get(kHost, "/other").body, "5");
}

class Posts : public ::testing::Test {
 protected:
  std::string post(const std::string& target, const std::string& more_fields = "") {
    visitor_->send("POST " + target + " HTTP/1.1\r\nHost: www.shop.example\r\n" + more_fields +
                   "Content-Length: 2\r\n\r\nhi");
    return visitor_->read_response().body;
  }
  std::string get(const std::string& target) { return visitor_->get(kHost, target).body; }

  /// Chunked, so that the length of nothing is known in advance.
  static std::string chunked(const std::string& fields, const std::string& body) {
    return "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n" + fields + "\r\n1\r\n" + body +
           "\r\n0\r\n\r\n";
  }
  std::atomic<int> count_{0};
  Origin origin_{[this](const Origin::Request& request) {
    const std::string& target = request.head.target;
    std::string fields = "Cache-Control: max-age=60\r\n";
    if (target != "/elsewhere") fields += "Content-Location: " + target + "\r\n";
    if (target == "/heuristic")
      fields = "Last-Modified: Mon, 01 Jan 2024 00:00:00 GMT\r\nContent-Location: /heuristic\r\n";
    if (target == "/private") fields += "Cache-Control: private\r\n";
    return say(chunked(fields, std::to_string(++count_)));
  }};
  World world_{{&origin_}};
  std::unique_ptr<testing::Client> visitor_ = world_.visit();
};

TEST_F(Posts, AreAnsweredByTheOriginButTheirAnswerServesGetsIfItSaysSo) {
  EXPECT_EQ(post("/a"), "1");
  EXPECT_EQ(get("/a"), "1");
  EXPECT_EQ(post("/a"), "2");
  EXPECT_EQ(get("/a"), "2");
  EXPECT_EQ(visitor_->get(kHost, "/a", "Range: bytes=0-0\r\n").status, 206);
  world_.purge_url("/a");
  EXPECT_EQ(get("/a"), "3");
}

TEST_F(Posts, WithoutAWordOfTheOriginAreStoredForNobody) {
  for (const std::string target : {"/elsewhere", "/heuristic", "/private"}) {
    const auto first = post(target);
    EXPECT_NE(get(target), first) << target;
  }
  const auto authorized = post("/a", "Authorization: Basic YTpi\r\n");
  EXPECT_NE(get("/a"), authorized);
}

TEST(CachePolicy, APurgeEndsThePostThatIsUnderWay) {
  std::atomic<int> count{0};
  Origin origin([&](const Origin::Request&) -> Origin::Reply {
    const auto answer = reply(200, "Cache-Control: max-age=60\r\nContent-Location: /a\r\n",
                              std::to_string(++count));
    if (count > 1) return say(answer);
    return {.bytes = {}, .gated = true, .after_gate = answer, .close = false};
  });
  World world({&origin});
  const auto visitor = world.visit();
  visitor->send("POST /a HTTP/1.1\r\nHost: www.shop.example\r\nContent-Length: 0\r\n\r\n");
  ASSERT_TRUE(eventually([&] { return count == 1; }));
  world.purge_url("/a");
  origin.open_gate();
  EXPECT_EQ(visitor->read_response().body, "1");
  EXPECT_EQ(visitor->get(kHost, "/a").body, "2");
}

TEST(CachePolicy, AnotherChangeEndsThePostThatIsUnderWay) {
  std::atomic<int> count{0};
  Origin origin([&](const Origin::Request& request) -> Origin::Reply {
    const auto answer = reply(200, "Cache-Control: max-age=60\r\nContent-Location: /a\r\n",
                              std::to_string(++count));
    if (request.head.method != "POST") return say(answer);
    return {.bytes = {}, .gated = true, .after_gate = answer, .close = false};
  });
  World world({&origin});
  const auto visitor = world.visit(), other = world.visit();
  visitor->send("POST /a HTTP/1.1\r\nHost: www.shop.example\r\nContent-Length: 0\r\n\r\n");
  ASSERT_TRUE(eventually([&] { return count == 1; }));
  other->send("DELETE /a HTTP/1.1\r\nHost: www.shop.example\r\n\r\n");
  EXPECT_EQ(other->read_response().body, "2");
  origin.open_gate();
  EXPECT_EQ(visitor->read_response().body, "1");
  EXPECT_EQ(visitor->get(kHost, "/a").body, "3");
}

TEST(CachePolicy, TheLanguageThatARequestLikesBestIsServedFromWhatOthersGot) {
  Counting counting(
      "Cache-Control: max-age=60\r\nVary: Accept-Language\r\nContent-Language: de\r\n");
  World world({&counting.origin()});
  const auto visitor = world.visit();
  EXPECT_EQ(visitor->get(kHost, "/a", "Accept-Language: en, de\r\n").body, "1");
  EXPECT_EQ(visitor->get(kHost, "/a", "Accept-Language: de, fr;q=0.5\r\n").body, "1");
  EXPECT_EQ(visitor->get(kHost, "/a", "Accept-Language: fr, de\r\n").body, "2");
}

TEST(CachePolicy, LifetimesByStatus) {
  std::atomic<int> count{0};
  Origin origin(
      [&](const Origin::Request&) { return say(reply(503, "", std::to_string(++count))); });
  World world({&origin});
  auto& ttl = *world.site.mutable_cache()->add_status_ttls();
  ttl.add_statuses(503);
  ttl.mutable_ttl()->set_seconds(60);
  ASSERT_TRUE(world.apply());
  const auto visitor = world.visit();
  EXPECT_EQ(visitor->get(kHost, "/a").body, "1");
  EXPECT_EQ(visitor->get(kHost, "/a").body, "1");
}

TEST(CachePolicy, SeveralRangesComeAsPartsOfOneBody) {
  Origin origin([](const auto&) {
    return say(
        reply(200, "Cache-Control: max-age=60\r\nContent-Type: text/plain\r\n", "0123456789"));
  });
  World world({&origin});
  const auto visitor = world.visit();
  EXPECT_EQ(visitor->get(kHost, "/a").body, "0123456789");
  const auto parts = visitor->get(kHost, "/a", "Range: bytes=0-1,-2\r\n");
  EXPECT_EQ(parts.status, 206);
  const std::string type = parts.field("content-type");
  const std::string start = "multipart/byteranges; boundary=";
  ASSERT_TRUE(type.starts_with(start));
  const std::string line = "--" + type.substr(start.size());
  EXPECT_EQ(parts.body, "\r\n" + line +
                            "\r\nContent-Type: text/plain\r\nContent-Range: bytes 0-1/10\r\n\r\n01"
                            "\r\n" +
                            line +
                            "\r\nContent-Type: text/plain\r\nContent-Range: bytes 8-9/10\r\n\r\n89"
                            "\r\n" +
                            line + "--\r\n");
}

TEST(CachePolicy, UnsafeRequestsEndWhatTheirAnswersName) {
  std::atomic<int> count{0};
  Origin origin([&](const Origin::Request& request) {
    if (request.head.method == "POST") return say(reply(201, "Location: /list\r\n", ""));
    return say(reply(200, "Cache-Control: max-age=60\r\n", std::to_string(++count)));
  });
  World world({&origin});
  const auto visitor = world.visit();
  EXPECT_EQ(visitor->get(kHost, "/list").body, "1");
  visitor->send("POST /items HTTP/1.1\r\nHost: www.shop.example\r\nContent-Length: 0\r\n\r\n");
  EXPECT_EQ(visitor->read_response().status, 201);
  EXPECT_EQ(visitor->get(kHost, "/list").body, "2");
}

TEST(CachePolicy, FieldsThatNoCacheNamesAreForOneVisitorOnly) {
  Origin origin([](const auto&) {
    return say(reply(200, "Cache-Control: max-age=60, no-cache=\"x-user\"\r\nX-User: 7\r\n", "a"));
  });
  World world({&origin});
  const auto visitor = world.visit();
  EXPECT_EQ(visitor->get(kHost, "/a").body, "a");
  const auto hit = visitor->get(kHost, "/a");
  EXPECT_TRUE(hit.field("cache-status").starts_with("meridian; hit"));
  EXPECT_EQ(hit.field("x-user"), "");
}

TEST(CachePolicy, AWordThatIsNoTransferCodingIsLeftOut) {
  Origin origin([](const auto&) {
    return say(
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: nonsense\r\nCache-Control: max-age=60\r\n\r\n"
        "all of it",
        true);
  });
  World world({&origin});
  const auto visitor = world.visit();
  EXPECT_EQ(visitor->get(kHost, "/a").body, "all of it");
  const auto hit = visitor->get(kHost, "/a");
  EXPECT_EQ(hit.body, "all of it");
  EXPECT_EQ(hit.field("content-length"), "9");
  EXPECT_EQ(hit.field("transfer-encoding"), "");
}

}  // namespace
}  // namespace meridian::edge
