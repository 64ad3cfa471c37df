// Tiered caching: edges that fetch through another one.
#include <future>
#include <mutex>
#include <sstream>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <gtest/gtest.h>

#include "common/tls/edge_server_name.h"
#include "common/tls/identity.h"
#include "edge-node/testing/fleet.h"

namespace meridian::edge {
namespace {

using testing::Authority;
using testing::eventually;
using testing::Fleet;
using testing::Origin;
using testing::reply;
using testing::Response;
using testing::World;

constexpr const char* kHost = World::kHost;
const std::string kCached = "Cache-Control: max-age=60\r\n";
const std::string kPrivate = "Cache-Control: no-store\r\n";

Origin::Reply say(std::string bytes) {
  return {.bytes = std::move(bytes), .gated = false, .after_gate = {}, .close = false};
}

/// What an origin was asked, each request as its fields in lines.
class Heard {
 public:
  void add(const Origin::Request& request) {
    std::string text = request.head.method + " " + request.head.target + "\n";
    for (std::size_t i = 0; i < request.head.fields.size(); ++i)
      text += std::string(request.head.fields[i].name) + ": " +
              std::string(request.head.fields[i].value) + "\n";
    const std::lock_guard lock(mutex_);
    requests_.push_back(std::move(text));
  }
  std::string last() const {
    const std::lock_guard lock(mutex_);
    return requests_.empty() ? "" : requests_.back();
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> requests_;
};

Response get(World& world, const std::string& target, const std::string& more_fields = "") {
  return world.visit()->get(kHost, target, more_fields);
}

void purge(World& world, const std::string& target, std::uint64_t sequence) {
  v1::Purge purge;
  purge.set_sequence(sequence);
  purge.set_url("https://" + std::string(kHost) + target);
  ASSERT_TRUE(world.edge().purge(purge));
}

TEST(Shield, LetsManyEdgesFetchOnce) {
  Origin origin([](const auto&) { return say(reply(200, kCached, "page")); });
  Fleet fleet({&origin});
  const auto first = get(fleet.sin, "/");
  EXPECT_EQ(first.body, "page");
  EXPECT_EQ(first.field("cache-status"),
            "meridian; fwd=uri-miss; fwd-status=200; stored, "
            "meridian; fwd=uri-miss; fwd-status=200; stored");
  const auto second = get(fleet.nyc, "/");
  EXPECT_EQ(second.body, "page");
  EXPECT_EQ(second.field("cache-status").find("meridian; hit; ttl="), 0u);
  EXPECT_NE(second.field("cache-status").find(", meridian; fwd=uri-miss"), std::string::npos);
  EXPECT_EQ(get(fleet.nyc, "/").field("cache-status").find("meridian; hit; ttl="), 0u);
  EXPECT_EQ(get(*fleet.shield, "/").body, "page");
  EXPECT_EQ(origin.requests(), 1);
}

/// They ask for many visitors, who have been counted where they are.
TEST(Shield, HasNoLimitsForOtherEdges) {
  Origin origin([](const auto&) { return say(reply(200, kCached, "page")); });
  Fleet fleet({&origin});
  fleet.shield->settings.emplace().mutable_limits()->set_connections_per_client(8);
  auto& requests = *fleet.shield->site.mutable_limits()->mutable_requests();
  requests.set_requests(1);
  requests.mutable_per()->set_seconds(3600);
  fleet.apply();
  for (const std::string target : {"/1", "/2", "/3"})
    for (World* world : {&fleet.sin, &fleet.nyc}) EXPECT_EQ(get(*world, target).status, 200);
  EXPECT_EQ(fleet.sin.metric("meridian_edge_shield_fallbacks_total"), 0);
  EXPECT_EQ(fleet.nyc.metric("meridian_edge_shield_fallbacks_total"), 0);
  std::vector<std::unique_ptr<testing::Client>> others;  // beside a connection of each edge
  for (int i = 0; i < 6; ++i) others.push_back(fleet.shield->visit());
  EXPECT_EQ(get(*fleet.shield, "/1").status, 200);
  EXPECT_EQ(get(*fleet.shield, "/1").status, 429);
}

TEST(Shield, LeadsPastItselfWhenItHasTooMuchToDo) {
  Origin origin([](const auto& request) -> Origin::Reply {
    const auto bytes = reply(200, kCached, "page");
    if (request.head.target != "/slow") return say(bytes);
    return {.bytes = {}, .gated = true, .after_gate = bytes, .close = false};
  });
  Fleet fleet({&origin}, [](EdgeOptions& options) {
    options.workers = 1;
    options.overload.fetches = 1;
  });
  EXPECT_EQ(get(fleet.sin, "/before").status, 200);
  const auto waiting = fleet.shield->visit();
  waiting->send("POST /slow HTTP/1.1\r\nHost: www.shop.example\r\nContent-Length: 0\r\n\r\n");
  ASSERT_TRUE(eventually([&] { return fleet.shield->metric("meridian_edge_overloaded") == 1; }));
  EXPECT_EQ(get(fleet.sin, "/before").status, 200);
  EXPECT_EQ(fleet.sin.metric("meridian_edge_shield_fallbacks_total"), 0);
  const auto shed = fleet.shield->metric("meridian_edge_misses_shed_total");
  EXPECT_EQ(get(fleet.sin, "/after").status, 200);
  EXPECT_EQ(fleet.sin.metric("meridian_edge_shield_fallbacks_total"), 1);
  EXPECT_EQ(fleet.shield->metric("meridian_edge_misses_shed_total"), shed + 1);
  origin.open_gate();
}

TEST(Shield, TellsTheOriginWhatOneEdgeWouldTell) {
  Heard heard;
  Origin origin([&](const auto& request) {
    heard.add(request);
    return say(reply(200, kCached, "page"));
  });
  Fleet fleet({&origin});
  fleet.change([](World& world) {
    world.pool.set_host_header("app.internal");
    world.pool.mutable_secret_header()->set_name("X-Edge");
    world.pool.mutable_secret_header()->set_value("secret");
  });
  (void)get(fleet.sin, "/?a=b", "Accept-Language: fr\r\nX-Forwarded-For: 198.51.100.1\r\n");
  const auto through = heard.last();
  EXPECT_NE(through.find("GET /?a=b\n"), std::string::npos);
  (void)get(*fleet.shield, "/?a=c", "Accept-Language: fr\r\nX-Forwarded-For: 198.51.100.1\r\n");
  auto straight = heard.last();
  straight.replace(straight.find("a=c"), 3, "a=b");
  const auto lines = [](const std::string& text) {
    std::multiset<std::string> all;
    std::istringstream stream(text);
    for (std::string line; std::getline(stream, line);) all.insert(line);
    return all;
  };
  EXPECT_EQ(lines(through), lines(straight));
  EXPECT_TRUE(lines(through).contains("CDN-Loop: meridian"));
  EXPECT_TRUE(lines(through).contains("X-Forwarded-For: 127.0.0.1"));
}

TEST(Shield, IsNotAskedForWhatNoCacheStores) {
  Heard heard;
  Origin origin([&](const auto& request) {
    heard.add(request);
    return say(reply(200, kPrivate, "done"));
  });
  Fleet fleet({&origin});
  const auto visitor = fleet.sin.visit();
  visitor->send("POST / HTTP/1.1\r\nHost: www.shop.example\r\nContent-Length: 2\r\n\r\nhi");
  const auto answer = visitor->read_response();
  EXPECT_EQ(answer.body, "done");
  EXPECT_EQ(answer.field("cache-status"), "meridian; fwd=method; fwd-status=200");
  EXPECT_NE(heard.last().find("X-Forwarded-For: 127.0.0.1\n"), std::string::npos);
}

TEST(Shield, GivesWayToTheOriginsWhenItIsGone) {
  Origin origin([](const auto&) { return say(reply(200, kCached, "page")); });
  Fleet fleet({&origin});
  EXPECT_EQ(get(fleet.sin, "/").status, 200);
  fleet.shield = nullptr;
  for (int i = 0; i < 8; ++i) {
    const auto answer = get(fleet.sin, "/" + std::to_string(i));
    EXPECT_EQ(answer.body, "page");
    EXPECT_EQ(answer.field("cache-status"), "meridian; fwd=uri-miss; fwd-status=200; stored");
  }
  EXPECT_EQ(origin.requests(), 9);
}

TEST(Shield, GivesWayWhenItDoesNotKnowTheSite) {
  Origin origin([](const auto&) { return say(reply(200, kCached, "page")); });
  Fleet fleet({&origin});
  fleet.shield->site.clear_hostnames();
  fleet.shield->site.add_hostnames("other.shop.example");
  ASSERT_TRUE(fleet.shield->apply());
  EXPECT_EQ(get(fleet.sin, "/").body, "page");
}

TEST(Shield, IsNoneForSitesThatAreNotToBeFetchedThroughIt) {
  Origin origin([](const auto&) { return say(reply(200, kCached, "page")); });
  Fleet fleet({&origin});
  fleet.shield->pool.clear_shield();
  ASSERT_TRUE(fleet.shield->apply());
  EXPECT_EQ(get(fleet.sin, "/").field("cache-status"),
            "meridian; fwd=uri-miss; fwd-status=200; stored");
}

TEST(Shield, GivesWayWhenItReachesNoOrigin) {
  Origin gone([](const auto&) { return say(reply(200, kCached, "")); });
  Origin origin([](const auto&) { return say(reply(200, kCached, "page")); });
  Fleet fleet({&origin});
  fleet.shield->pool.mutable_origins(0)->set_port(gone.port());
  gone.stop();
  ASSERT_TRUE(fleet.shield->apply());
  ASSERT_TRUE(eventually(
      [&] { return fleet.shield->edge().health_report().unserviceable_sites_size() == 1; }));
  EXPECT_EQ(get(fleet.sin, "/").body, "page");
}

// Otherwise one error would make the edge believe for a while that the page is for nobody else.
TEST(Shield, ThatHasNoAnswerLeavesNothingBehind) {
  std::atomic<bool> broken{true};
  Origin origin([&](const auto&) -> Origin::Reply {
    if (broken)
      return {.bytes = "garbage\r\n\r\n", .gated = false, .after_gate = {}, .close = true};
    return say(reply(200, kCached, "page"));
  });
  Fleet fleet({&origin});
  EXPECT_EQ(get(fleet.sin, "/").status, 502);
  EXPECT_EQ(origin.requests(), 1) << "asked by the shield alone";
  broken = false;
  EXPECT_EQ(get(fleet.sin, "/").body, "page");
  EXPECT_EQ(get(fleet.sin, "/").field("cache-status").find("meridian; hit; ttl="), 0u);
}

// What an edge has acknowledged counts for it, however far the shield is behind.
TEST(Shield, ThatLagsNeverHandsOldContentDown) {
  std::atomic<int> version{1};
  Origin origin([&](const auto&) {
    return say(reply(200, kCached, "version " + std::to_string(version.load())));
  });
  Fleet fleet({&origin});
  EXPECT_EQ(get(fleet.sin, "/").body, "version 1");
  version = 2;
  purge(fleet.sin, "/", 1);
  const auto fresh = get(fleet.sin, "/");
  EXPECT_EQ(fresh.body, "version 2");
  EXPECT_EQ(fresh.field("cache-status"),
            "meridian; fwd=bypass; detail=purges-missing; fwd-status=200, "
            "meridian; fwd=uri-miss; fwd-status=200; stored");
  EXPECT_EQ(get(*fleet.shield, "/").body, "version 1") << "it has acknowledged nothing";
  EXPECT_EQ(get(fleet.nyc, "/").body, "version 1") << "nor has this one";
  purge(fleet.nyc, "/", 1);
  EXPECT_EQ(get(fleet.nyc, "/").body, "version 2");
  purge(*fleet.shield, "/", 1);
  EXPECT_EQ(get(*fleet.shield, "/").body, "version 2");
  EXPECT_EQ(get(fleet.sin, "/other").status, 200);
  EXPECT_EQ(get(fleet.nyc, "/other").field("cache-status").find("meridian; hit"), 0u)
      << "which has caught up, and is used again";
}

TEST(Shield, KeepsTagsForTheEdgesAndFromVisitors) {
  Origin origin(
      [](const auto&) { return say(reply(200, kCached + "Surrogate-Key: shoes\r\n", "page")); });
  Fleet fleet({&origin});
  EXPECT_EQ(get(fleet.sin, "/").field("surrogate-key"), "");
  v1::Purge tag;
  tag.set_sequence(1);
  tag.mutable_tag()->set_site("shop");
  tag.mutable_tag()->set_tag("shoes");
  for (World* world : fleet.all()) ASSERT_TRUE(world->edge().purge(tag));
  (void)get(fleet.sin, "/");
  EXPECT_EQ(origin.requests(), 2);
}

TEST(Shield, RevalidatesWhatTheEdgeHas) {
  Origin origin([](const Origin::Request& request) {
    const bool same = request.head.fields.find("if-none-match") == "\"1\"";
    return say(same ? "HTTP/1.1 304 Not Modified\r\nETag: \"1\"\r\n" + kCached + "\r\n"
                    : reply(200, kCached + "ETag: \"1\"\r\n", "page"));
  });
  Fleet fleet({&origin});
  (void)get(fleet.sin, "/");
  v1::Purge soft;
  soft.set_site("shop");
  soft.set_soft(true);
  soft.set_sequence(1);
  for (World* world : fleet.all()) ASSERT_TRUE(world->edge().purge(soft));
  const auto answer = get(fleet.sin, "/");
  EXPECT_EQ(answer.body, "page");
  EXPECT_EQ(answer.field("cache-status"),
            "meridian; fwd=stale; fwd-status=304; stored, "
            "meridian; fwd=stale; fwd-status=304; stored");
  EXPECT_EQ(origin.requests(), 2);
}

// Its age does not tell that it is stale.
TEST(Shield, HandsNothingDownThatWasPurgedSoftly) {
  std::atomic<int> version{1};
  Origin origin([&](const auto&) {
    if (version == 0) return say(reply(503, kPrivate, ""));
    return say(reply(200,
                     "Cache-Control: max-age=60, stale-while-revalidate=60, stale-if-error=60\r\n",
                     "version " + std::to_string(version.load())));
  });
  Fleet fleet({&origin});
  (void)get(*fleet.shield, "/");
  v1::Purge soft;
  soft.set_site("shop");
  soft.set_soft(true);
  soft.set_sequence(1);
  for (World* world : fleet.all()) ASSERT_TRUE(world->edge().purge(soft));
  version = 0;
  EXPECT_EQ(get(fleet.sin, "/").status, 503)
      << "stale content is for visitors of the shield's edge";
  EXPECT_EQ(get(*fleet.shield, "/").body, "version 1");
  version = 2;
  EXPECT_EQ(get(fleet.nyc, "/").body, "version 2");
}

TEST(Shield, LeavesRulesAndEncodingToTheEdgeButNotTheirWordOnTheCache) {
  Origin origin([](const auto&) {
    return say(reply(200, "Content-Type: text/plain\r\n" + kPrivate, std::string(4096, 'a')));
  });
  Fleet fleet({&origin});
  fleet.change([](World& world) {
    world.site.mutable_compression()->add_codings("gzip");
    world.site.mutable_hsts()->mutable_max_age()->set_seconds(60);
    v1::Rule shown, kept;
    shown.mutable_set_response_header()->set_name("X-Count");
    shown.mutable_set_response_header()->set_value("1");
    kept.mutable_override_cache()->mutable_ttl()->set_seconds(60);
    world.rules = {{"shown", shown}, {"kept", kept}};
    world.site.add_rules("shown");
    world.site.add_rules("kept");
  });
  const auto answer = get(fleet.sin, "/", "Accept-Encoding: gzip\r\n");
  EXPECT_EQ(answer.field("content-encoding"), "gzip");
  EXPECT_EQ(answer.field("x-count"), "1");
  EXPECT_EQ(get(fleet.nyc, "/").body, std::string(4096, 'a'));
  EXPECT_EQ(origin.requests(), 1);
}

TEST(Shield, TakesTheWordOfRulesFromTheEdgeThatHasRewrittenTheUrl) {
  Origin origin([](const auto&) { return say(reply(200, kPrivate, "page")); });
  Fleet fleet({&origin});
  fleet.change([](World& world) {
    v1::Rule kept, rewritten;
    kept.mutable_match()->add_paths("/kept/*");
    kept.mutable_override_cache()->mutable_ttl()->set_seconds(60);
    rewritten.mutable_rewrite()->set_strip_prefix("/kept");
    world.rules = {{"kept", kept}, {"rewritten", rewritten}};
    world.site.add_rules("kept");
    world.site.add_rules("rewritten");
  });
  EXPECT_EQ(get(fleet.sin, "/kept/page").body, "page");
  EXPECT_EQ(get(fleet.nyc, "/kept/page").body, "page");
  EXPECT_EQ(origin.requests(), 1);
}

TEST(Shield, IsNotWaitedForWhenItHangs) {
  asio::io_context context;
  asio::ip::tcp::acceptor hanging(context,
                                  asio::ip::tcp::endpoint(asio::ip::address_v4::loopback(), 0));
  Origin origin([](const auto&) { return say(reply(200, kCached, "page")); });
  Fleet fleet({&origin});
  const auto is_up = [&] {
    return fleet.sin.metric("meridian_edge_shield_edge_up{pool=\"pool\",edge=\"par-1\"}") == 1;
  };
  EXPECT_TRUE(is_up());
  fleet.sin.others.front().second.set_https_port(hanging.local_endpoint().port());
  fleet.sin.pool.mutable_connect_timeout()->set_seconds(3600);
  ASSERT_TRUE(fleet.sin.apply());
  ASSERT_TRUE(eventually([&] { return !is_up(); }));
  EXPECT_EQ(get(fleet.sin, "/").body, "page");
  EXPECT_EQ(fleet.sin.metric("meridian_edge_shield_fallbacks_total"), 1);
}

TEST(Shield, LeadsVisitorsBackToTheEdgeThatTheyCameTo) {
  Origin origin([](const auto&) {
    return say(reply(302, kCached + "Location: http://127.0.0.1/next\r\n", ""));
  });
  Fleet fleet({&origin});
  for (World* world : fleet.all()) {
    const auto location = get(*world, "/").field("location");
    EXPECT_EQ(location, "https://" + std::string(kHost) + ":" +
                            std::to_string(world->https_port()) + "/next");
  }
  EXPECT_EQ(origin.requests(), 1);
}

TEST(Shield, KeepsAVisitorWithItsOrigin) {
  const auto named = [](std::string name) {
    return [name](const Origin::Request&) { return say(reply(200, kPrivate, name)); };
  };
  Origin a(named("a")), b(named("b"));
  Fleet fleet({&a, &b});
  fleet.change([](World& world) {
    world.pool.mutable_sticky_cookie()->set_name("at");
    v1::CookieSecret secret;
    secret.set_secret("0123456789abcdef");
    world.edge_secrets = {secret};
  });
  const auto first = get(fleet.sin, "/first");
  const auto cookie = first.field("set-cookie");
  ASSERT_EQ(cookie.find("at="), 0u);
  for (int i = 0; i < 8; ++i) {
    const auto again = get(fleet.sin, "/" + std::to_string(i),
                           "Cookie: " + cookie.substr(0, cookie.find(';')) + "\r\n");
    EXPECT_EQ(again.body, first.body);
    EXPECT_EQ(again.field("set-cookie"), "");
  }
}

TEST(Shield, BoundsWhatAnOriginSeesAtOnceWhateverTheCrowd) {
  constexpr int kMost = 3, kCrowd = 12;
  Origin origin([](const auto&) -> Origin::Reply {
    return {.bytes = {}, .gated = true, .after_gate = reply(200, kCached, "page"), .close = false};
  });
  Fleet fleet({&origin});
  fleet.change([](World& world) { world.pool.mutable_breaker()->set_max_requests(kMost); });
  // Their own limits would do as well; these edges have none.
  for (World* world : {&fleet.sin, &fleet.nyc}) {
    world->pool.clear_breaker();
    ASSERT_TRUE(world->apply());
  }
  std::vector<std::future<Response>> crowd;
  for (int i = 0; i < kCrowd; ++i)
    for (World* world : {&fleet.sin, &fleet.nyc})
      crowd.push_back(std::async(std::launch::async, [world, i] {
        return get(*world, "/" + world->node + std::to_string(i));
      }));
  ASSERT_TRUE(eventually([&] {
    return fleet.shield->edge().health_report().load().requests_in_flight() == 2 * kCrowd &&
           origin.requests() == kMost;
  }));
  origin.open_gate();
  for (auto& answer : crowd) EXPECT_EQ(answer.get().body, "page");
  EXPECT_EQ(origin.requests(), 2 * kCrowd);
}

TEST(Shield, IsNobodysWithoutProof) {
  Origin origin([](const auto&) { return say(reply(200, kCached, "page")); });
  Fleet fleet({&origin});
  testing::Client stranger(fleet.shield->https_port(), std::string(tls::kEdgeServerName));
  stranger.send("GET / HTTP/1.1\r\nHost: www.shop.example\r\n\r\n");
  EXPECT_EQ(stranger.read_response().status, 0);

  const Authority other;
  for (const auto& identity :
       {other.issue(v1::ROLE_EDGE, "sin-1"), fleet.authority.issue(v1::ROLE_DNS, "sin-1")}) {
    fleet.sin.edge().use_identity(identity);
    fleet.sin.site.set_origin_pool("pool");
    const auto answer = get(fleet.sin, "/" + std::to_string(origin.requests()));
    EXPECT_EQ(answer.body, "page");
    EXPECT_EQ(answer.field("cache-status"), "meridian; fwd=uri-miss; fwd-status=200; stored")
        << "from the origin";
  }
}

TEST(Shield, IsTheNodeThatIsMeantOrNone) {
  Origin origin([](const auto&) { return say(reply(200, kCached, "page")); });
  Fleet fleet({&origin});
  fleet.shield->edge().use_identity(fleet.authority.issue(v1::ROLE_EDGE, "par-2"));
  EXPECT_EQ(get(fleet.sin, "/").field("cache-status"),
            "meridian; fwd=uri-miss; fwd-status=200; stored");
}

TEST(Shield, FollowsTheRenewalOfIdentities) {
  Origin origin([](const auto&) { return say(reply(200, kCached, "page")); });
  Fleet fleet({&origin});
  (void)get(fleet.sin, "/");
  const Authority next;  // so that the old ones are of no use
  for (World* world : fleet.all())
    world->edge().use_identity(next.issue(v1::ROLE_EDGE, world->node));
  EXPECT_EQ(get(fleet.nyc, "/").field("cache-status").find("meridian; hit"), 0u);
}

TEST(Shield, BelievesNoVisitorThatSpeaksLikeAnEdge) {
  Heard heard;
  Origin origin([&](const auto& request) {
    heard.add(request);
    return say(reply(200, kCached + "Meridian-Peer: cookie=a=b\r\n", "page"));
  });
  Fleet fleet({&origin});
  const std::string claim = "Meridian-Peer: purges=0;scheme=https;client=203.0.113.9\r\n";
  for (World* world : fleet.all()) {
    const auto answer = get(*world, "/" + world->node, claim);
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.field("meridian-peer"), "");
    EXPECT_EQ(answer.field("set-cookie"), "");
    EXPECT_EQ(heard.last().find("eridian-"), std::string::npos) << heard.last();
    EXPECT_NE(heard.last().find("X-Forwarded-For: 127.0.0.1\n"), std::string::npos);
  }
}

TEST(Loop, EndsWithAnErrorAndNotInARound) {
  Origin none([](const auto&) { return say(reply(200, kCached, "")); });
  World world({&none});
  world.pool.mutable_origins(0)->set_port(world.http_port());
  ASSERT_TRUE(world.apply());
  EXPECT_EQ(get(world, "/").status, 508);
  const auto visitor = world.visit();
  visitor->send("POST / HTTP/1.1\r\nHost: www.shop.example\r\nContent-Length: 0\r\n\r\n");
  EXPECT_EQ(visitor->read_response().status, 508);
}

}  // namespace
}  // namespace meridian::edge
