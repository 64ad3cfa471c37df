// What visitors notice when origins fail: as little as can be.
#include <future>
#include <thread>

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "edge-node/origin/sticky.h"
#include "edge-node/testing/world.h"

namespace meridian::edge {
namespace {

using testing::Client;
using testing::eventually;
using testing::reply;
using testing::World;
using Origin = testing::Origin;

constexpr const char* kHost = World::kHost;
const std::string kPrivate = "Cache-Control: no-store\r\n";

Origin::Reply say(std::string bytes, bool close = false) {
  return {.bytes = std::move(bytes), .gated = false, .after_gate = {}, .close = close};
}
Origin::Reply hang() { return {.bytes = {}, .gated = true, .after_gate = {}, .close = true}; }
Origin::Reply ok(const Origin::Request&) { return say(reply(200, kPrivate, "ok")); }

void set_milliseconds(google::protobuf::Duration& duration, int milliseconds) {
  duration.set_seconds(milliseconds / 1000);
  duration.set_nanos(milliseconds % 1000 * 1'000'000);
}

int post(Client& visitor) {
  visitor.send("POST / HTTP/1.1\r\nHost: www.shop.example\r\nContent-Length: 2\r\n\r\nhi");
  return visitor.read_response().status;
}

TEST(Origins, OneThatHangsCostsItsDeadlineAndAnotherAnswers) {
  Origin hanging([](const auto&) { return hang(); });
  Origin good(ok);
  World world({&hanging, &good});
  set_milliseconds(*world.pool.mutable_first_byte_timeout(), 200);
  ASSERT_TRUE(world.apply());
  const auto visitor = world.visit();
  for (int i = 0; i < 4; ++i) EXPECT_EQ(visitor->get(kHost, "/").status, 200);
  EXPECT_GE(hanging.requests(), 1);
}

TEST(Origins, WhatMayNotBeRepeatedIsSentOnce) {
  Origin first([](const auto&) { return hang(); });
  Origin second([](const auto&) { return hang(); });
  World world({&first, &second});
  set_milliseconds(*world.pool.mutable_first_byte_timeout(), 200);
  ASSERT_TRUE(world.apply());
  EXPECT_EQ(post(*world.visit()), 504);
  EXPECT_EQ(first.requests() + second.requests(), 1);
}

TEST(Origins, ThatTakeNoConnectionAreReplacedAlsoForPost) {
  Origin gone(ok), good(ok);
  World world({&gone, &good});
  gone.stop();
  const auto visitor = world.visit();
  for (int i = 0; i < 4; ++i) EXPECT_EQ(post(*visitor), 200);
}

TEST(Origins, ThatResetOrBreakOffWithinTheHeadAreReplaced) {
  Origin rude([](const auto&) { return say("HTTP/1.1 200 O", true); });
  Origin closing([](const auto&) { return say("", true); });
  Origin good(ok);
  World world({&rude, &closing, &good});
  const auto visitor = world.visit();
  for (int i = 0; i < 9; ++i) EXPECT_EQ(visitor->get(kHost, "/").status, 200);
}

TEST(Origins, ThatLieAboutTheLengthAreNotBelievedAndNotUsedAgain) {
  Origin liar([](const auto&) {
    return say("HTTP/1.1 200 OK\r\n" + kPrivate + "Content-Length: 10\r\n\r\nfour", true);
  });
  World world({&liar});
  const auto cut = world.visit()->get(kHost, "/");
  EXPECT_EQ(cut.status, 200);
  EXPECT_FALSE(cut.complete);
  Origin longer([](const auto&) {
    return say("HTTP/1.1 200 OK\r\n" + kPrivate + "Content-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\n");
  });
  World other({&longer});
  const auto visitor = other.visit();
  for (int i = 0; i < 3; ++i) EXPECT_EQ(visitor->get(kHost, "/").body, "ok");
  EXPECT_EQ(longer.connections(), 3);
}

TEST(Origins, AnAnswerThatTakesTooLongInAllIsCutOff) {
  Origin slow([](const auto&) -> Origin::Reply {
    return {.bytes = "HTTP/1.1 200 OK\r\n" + kPrivate + "Content-Length: 4\r\n\r\nab",
            .gated = true,
            .after_gate = "cd",
            .close = false};
  });
  World world({&slow});
  set_milliseconds(*world.pool.mutable_total_timeout(), 300);
  ASSERT_TRUE(world.apply());
  EXPECT_FALSE(world.visit()->get(kHost, "/").complete);
  Origin hanging([](const auto&) { return hang(); });
  World other({&hanging});
  set_milliseconds(*other.pool.mutable_total_timeout(), 300);
  ASSERT_TRUE(other.apply());
  EXPECT_EQ(other.visit()->get(kHost, "/").status, 504);
}

TEST(Origins, OneOfThreeDiesUnderLoadAndNoVisitorSeesAnError) {
  Origin dying(ok), second(ok), third(ok);
  World world({&dying, &second, &third});
  std::vector<std::future<int>> visitors;
  std::atomic<int> answers{0};
  for (int i = 0; i < 6; ++i)
    visitors.push_back(std::async(std::launch::async, [&] {
      int errors = 0;
      const auto visitor = world.visit();
      for (int n = 0; n < 60; ++n, ++answers)
        if (visitor->get(kHost, "/" + std::to_string(n)).status != 200) ++errors;
      return errors;
    }));
  ASSERT_TRUE(eventually([&] { return answers.load() > 60; }));
  dying.stop();
  for (auto& errors : visitors) EXPECT_EQ(errors.get(), 0);
  EXPECT_GT(second.requests(), 0);
  EXPECT_GT(third.requests(), 0);
}

TEST(Origins, ThatFailRequestsAreEjectedForATime) {
  Origin failing([](const auto&) { return say(reply(503, kPrivate, "")); });
  Origin good(ok);
  World world({&failing, &good});
  const auto visitor = world.visit();
  int failures = 0;
  for (int i = 0; i < 20; ++i)
    if (visitor->get(kHost, "/").status != 200) ++failures;
  EXPECT_EQ(failures, 5);  // in a row, of this origin
  EXPECT_EQ(failing.requests(), 5);
}

TEST(Origins, AreTriedAnywayWhenProbesSayThatAllAreDown) {
  Origin origin(ok);
  World world({&origin});
  world.pool.mutable_probe()->set_expect_status(418);
  ASSERT_TRUE(world.apply());
  ASSERT_TRUE(
      eventually([&] { return world.edge().health_report().unserviceable_sites_size() == 1; }));
  EXPECT_EQ(world.visit()->get(kHost, "/").status, 200);
}

TEST(Origins, ProbesLookForATextOrOnlyConnect) {
  Origin origin(ok);
  World world({&origin});
  const auto down = [&] { return world.edge().health_report().unserviceable_sites_size(); };
  world.pool.mutable_probe()->set_expect_body("alive");  // probes get an empty body
  ASSERT_TRUE(world.apply());
  EXPECT_TRUE(eventually([&] { return down() == 1; }));
  world.pool.mutable_probe()->set_type(v1::PROBE_TYPE_TCP);
  ASSERT_TRUE(world.apply());
  EXPECT_TRUE(eventually([&] { return down() == 0; }));
}

TEST(Origins, GetNoMoreRequestsAtOnceThanTheirLimitAndTheQueueIsBounded) {
  Origin origin([](const auto&) -> Origin::Reply {
    return {.bytes = {}, .gated = true, .after_gate = reply(200, kPrivate, "ok"), .close = false};
  });
  World world({&origin});
  world.pool.mutable_breaker()->set_max_requests(2);
  world.pool.mutable_breaker()->set_max_pending(3);
  ASSERT_TRUE(world.apply());
  std::atomic<int> served{0}, refused{0};
  std::vector<std::thread> visitors;
  for (int i = 0; i < 8; ++i)
    visitors.emplace_back([&, i] {
      const auto answer = world.visit()->get(kHost, "/" + std::to_string(i));
      if (answer.status == 200) ++served;
      if (answer.status == 503 && answer.field("retry-after") != "") ++refused;
    });
  EXPECT_TRUE(eventually([&] { return refused.load() == 3; }));
  EXPECT_TRUE(eventually([&] { return origin.requests() == 2; }));
  EXPECT_EQ(origin.requests(), 2);
  origin.open_gate();
  for (auto& visitor : visitors) visitor.join();
  EXPECT_EQ(served.load(), 5);
  EXPECT_EQ(origin.requests(), 5);
}

TEST(Origins, AreAskedInTurnsForWhatALargePurgeHasEnded) {
  constexpr int kAtOnce = 64, kPages = 100;
  std::atomic<bool> gated{false};
  Origin origin([&](const Origin::Request& request) -> Origin::Reply {
    const auto page = reply(200, "Cache-Control: max-age=60\r\n", request.head.target);
    if (!gated) return {.bytes = page, .gated = false, .after_gate = {}, .close = false};
    return {.bytes = {}, .gated = true, .after_gate = page, .close = false};
  });
  World world({&origin});
  EXPECT_EQ(world.visit()->get(kHost, "/kept").status, 200);
  v1::Purge purge;
  purge.set_sequence(1);
  purge.set_everything(true);
  ASSERT_TRUE(world.edge().purge(purge));
  EXPECT_EQ(world.visit()->get(kHost, "/again").status, 200);
  gated = true;
  const int before = origin.requests();
  std::vector<std::unique_ptr<testing::Client>> visitors;
  for (int i = 0; i < kPages; ++i) {
    visitors.push_back(world.visit());
    visitors.back()->send("GET /" + std::to_string(i) +
                          " HTTP/1.1\r\nHost: www.shop.example\r\n\r\n");
  }
  ASSERT_TRUE(eventually([&] {
    return world.edge().health_report().load().requests_in_flight() == kPages &&
           origin.requests() == before + kAtOnce;
  }));
  EXPECT_EQ(world.visit()->get(kHost, "/again").status, 200) << "hits wait for nobody";
  auto passing = world.visit();
  passing->send("POST /cart HTTP/1.1\r\nHost: www.shop.example\r\nContent-Length: 0\r\n\r\n");
  ASSERT_TRUE(eventually([&] { return origin.requests() == before + kAtOnce + 1; }))
      << "nor does what no cache stores";
  origin.open_gate();
  EXPECT_EQ(passing->read_response().status, 200);
  for (int i = 0; i < kPages; ++i)
    EXPECT_EQ(visitors[static_cast<std::size_t>(i)]->read_response().body, "/" + std::to_string(i));
  EXPECT_EQ(origin.requests(), before + kPages + 1);
}

TEST(Origins, ServeACrowdThroughOneConnectionWhateverTheWorkers) {
  Origin origin(ok);
  World world({&origin});
  world.pool.mutable_breaker()->set_max_connections(1);
  ASSERT_TRUE(world.apply());
  std::vector<std::future<int>> visitors;
  for (int i = 0; i < 8; ++i)
    visitors.push_back(std::async(std::launch::async, [&] {
      int good = 0;
      for (int n = 0; n < 5; ++n)
        if (world.visit()->get(kHost, "/" + std::to_string(n)).status == 200) ++good;
      return good;
    }));
  for (auto& good : visitors) EXPECT_EQ(good.get(), 5);
}

TEST(Origins, KeepTheirVisitorsByACookieThatTheyNeverSee) {
  std::atomic<bool> seen{false};
  const auto named = [&](std::string name) {
    return [&seen, name = std::move(name)](const Origin::Request& request) {
      if (request.head.fields.combined("cookie").find("lb=") != std::string::npos) seen = true;
      return say(reply(200, kPrivate, name + " " + request.head.fields.combined("cookie")));
    };
  };
  Origin first(named("first")), second(named("second"));
  World world({&first, &second});
  world.pool.mutable_sticky_cookie()->set_name("lb");
  v1::CookieSecret secret;
  secret.set_secret(std::string(16, 's'));
  world.edge_secrets = {secret};
  ASSERT_TRUE(world.apply());
  const auto visitor = world.visit();
  const auto answer = visitor->get(kHost, "/");
  const std::string cookie = answer.field("set-cookie");
  EXPECT_TRUE(cookie.ends_with("; Path=/; HttpOnly; Secure")) << cookie;
  const std::string pair = cookie.substr(0, cookie.find(';'));
  for (int i = 0; i < 5; ++i) {
    const auto again = visitor->get(kHost, "/", "Cookie: a=b; " + pair + "\r\n");
    EXPECT_EQ(again.body, answer.body + "a=b");
    EXPECT_EQ(again.field("set-cookie"), "");
  }
  // A forged one counts for nothing and is replaced.
  EXPECT_NE(visitor->get(kHost, "/", "Cookie: lb=AAAA\r\n").field("set-cookie"), "");
  EXPECT_FALSE(seen.load());
  // Its origin gone, the visitor moves.
  (answer.body == "first " ? first : second).stop();
  const auto moved = visitor->get(kHost, "/", "Cookie: " + pair + "\r\n");
  EXPECT_EQ(moved.status, 200);
  EXPECT_NE(moved.field("set-cookie"), "");
}

TEST(Origins, SeeNoCookieOfAPoolThatARuleMayChoose) {
  Origin own([](const Origin::Request& request) {
    return say(reply(200, kPrivate, request.head.fields.combined("cookie")));
  });
  World world({&own});
  v1::CookieSecret secret;
  secret.set_secret(std::string(16, 's'));
  world.edge_secrets = {secret};
  world.pools = {{"other", world.pool}};
  world.pools.front().second.mutable_sticky_cookie()->set_name("at");
  v1::Rule rule;
  rule.mutable_match()->add_paths("/other");
  rule.mutable_choose_pool()->set_origin_pool("other");
  world.rules = {{"choose", rule}};
  world.site.add_rules("choose");
  ASSERT_TRUE(world.apply());
  EXPECT_EQ(world.visit()->get(kHost, "/", "Cookie: a=b; at=x\r\n").body, "a=b");
}

TEST(Origins, OfAnotherPoolDoNotSeeTheSitesOwnCookieEither) {
  Origin own(ok);
  Origin other([](const Origin::Request& request) {
    return say(reply(200, kPrivate, request.head.fields.combined("cookie")));
  });
  World world({&own});
  world.pool.mutable_sticky_cookie()->set_name("lb");
  v1::CookieSecret secret;
  secret.set_secret(std::string(16, 's'));
  world.edge_secrets = {secret};
  auto& pool = world.pools.emplace_back("other", v1::OriginPool()).second;
  auto* to = pool.add_origins();
  to->set_host("127.0.0.1");
  to->set_port(other.port());
  v1::Rule rule;
  rule.mutable_match()->add_paths("/other");
  rule.mutable_choose_pool()->set_origin_pool("other");
  world.rules.emplace_back("choose", rule);
  world.site.add_rules("choose");
  ASSERT_TRUE(world.apply());
  EXPECT_EQ(world.visit()->get(kHost, "/other", "Cookie: a=b; lb=x\r\n").body, "a=b");
}

TEST(Origins, KnowEdgesByASecretThatVisitorsNeitherSeeNorForge) {
  Origin origin([](const Origin::Request& request) {
    const std::string told = request.head.fields.combined("x-edge");
    return say(reply(200, kPrivate + "X-Edge: " + told + "\r\n", told));
  });
  World world({&origin});
  world.pool.mutable_secret_header()->set_name("X-Edge");
  world.pool.mutable_secret_header()->set_value("open sesame");
  ASSERT_TRUE(world.apply());
  const auto answer = world.visit()->get(kHost, "/", "x-edge: forged\r\nX-EDGE: again\r\n");
  EXPECT_EQ(answer.body, "open sesame");
  EXPECT_EQ(answer.field("x-edge"), "");
}

TEST(Origins, AreNotNamedByRedirects) {
  Origin origin([](const Origin::Request& request) {
    const std::string where =
        request.head.target == "/away" ? "https://elsewhere.example/" : "http://127.0.0.1:81/b?c";
    return say(reply(302, kPrivate + "Location: " + where + "\r\n", ""));
  });
  World world({&origin});
  const auto visitor = world.visit();
  EXPECT_EQ(visitor->get(kHost, "/a").field("location"),
            "https://www.shop.example:" + std::to_string(world.https_port()) + "/b?c");
  EXPECT_EQ(visitor->get(kHost, "/away").field("location"), "https://elsewhere.example/");
  world.site.set_rewrite_locations(false);
  ASSERT_TRUE(world.apply());
  EXPECT_EQ(visitor->get(kHost, "/a").field("location"), "http://127.0.0.1:81/b?c");
}

TEST(Origins, AskTheEdgeForItsCertificate) {
  const auto certificate = testing::make_test_certificate({"origin.example"});
  const auto client = testing::make_test_certificate({"edge.example"});
  Origin origin(ok, certificate.chain_pem, certificate.key_pem, client.chain_pem);
  World world({&origin});
  world.pool.mutable_tls()->set_ca_pem(certificate.chain_pem);
  world.pool.mutable_tls()->set_server_name("origin.example");
  ASSERT_TRUE(world.apply());
  EXPECT_GE(world.visit()->get(kHost, "/").status, 502);
  world.pool.mutable_tls()->set_client_certificate("client");
  EXPECT_FALSE(world.apply());
  v1::Certificate resource;
  resource.set_chain_pem(client.chain_pem);
  resource.set_private_key_pem(client.key_pem);
  world.certificates = {{"client", resource}};
  ASSERT_TRUE(world.apply());
  EXPECT_EQ(world.visit()->get(kHost, "/").status, 200);
}

/// The next one that would be opened.
int next_descriptor() {
  const int next = ::dup(0);
  ::close(next);
  return next;
}

/// None that is `end` or greater can be opened while it lives.
class DescriptorsBelow {
 public:
  explicit DescriptorsBelow(int end) {
    getrlimit(RLIMIT_NOFILE, &before_);
    rlimit few = before_;
    few.rlim_cur = static_cast<rlim_t>(end);
    setrlimit(RLIMIT_NOFILE, &few);
  }
  DescriptorsBelow(const DescriptorsBelow&) = delete;
  DescriptorsBelow& operator=(const DescriptorsBelow&) = delete;
  ~DescriptorsBelow() { setrlimit(RLIMIT_NOFILE, &before_); }

 private:
  rlimit before_{};
};

/// One probe at the start, and no other: they take descriptors too.
void probe_once(v1::OriginPool& pool) {
  set_milliseconds(*pool.mutable_probe()->mutable_interval(), 3'600'000);
}

/// Its probe is over, and of its connections so many are left, at either end: no descriptor that
/// is closed makes room any more.
bool keeps_connections(Origin& origin, std::size_t count) {
  std::size_t edges_ends = 0;
  for (int fd = 0; fd < 1024; ++fd) {
    sockaddr_in peer{};
    socklen_t size = sizeof peer;
    if (::getpeername(fd, reinterpret_cast<sockaddr*>(&peer), &size) == 0 &&
        ntohs(peer.sin_port) == origin.port())
      ++edges_ends;
  }
  return origin.probes() > 0 && origin.open_connections() == count && edges_ends == count;
}

/// Who says nothing makes room for who wants to.
TEST(Visitors, ThatAreIdleLeaveWhenNoDescriptorIsLeft) {
  Origin origin(ok);
  World world(origin.port(), probe_once, [](EdgeOptions& options) {
    options.workers = 1;  // of two, one might have nobody to send away
    options.limits.idle_kept = {};
  });
  std::vector<std::unique_ptr<Client>> idle;
  for (int i = 0; i < 8; ++i) idle.push_back(world.visit());
  for (const auto& visitor : idle) EXPECT_EQ(visitor->get(kHost, "/").status, 200);
  ASSERT_TRUE(eventually([&] { return keeps_connections(origin, 1); }));
  std::unique_ptr<Client> last;
  {
    const DescriptorsBelow one(next_descriptor() + 1);  // the visitor's own
    last = world.visit();
    EXPECT_TRUE(last->connected());
    EXPECT_EQ(last->get(kHost, "/").status, 200);
  }
  EXPECT_GE(world.metric("meridian_edge_connections_sent_away_total"), 1);
}

TEST(Origins, AreNotToBlameWhenTheEdgeHasNoSocketLeft) {
  Origin origin(ok), other(ok);
  World world(origin.port(), [&](v1::OriginPool& pool) {
    *pool.add_origins() = pool.origins(0);
    pool.mutable_origins(1)->set_port(other.port());
    pool.mutable_ejection()->set_failures(1);
    pool.set_max_idle_connections(0);
    probe_once(pool);
  });
  const auto visitor = world.visit();
  EXPECT_EQ(visitor->get(kHost, "/").status, 200);
  ASSERT_TRUE(
      eventually([&] { return keeps_connections(origin, 0) && keeps_connections(other, 0); }));
  {
    const DescriptorsBelow none(next_descriptor());
    EXPECT_EQ(visitor->get(kHost, "/").status, 503);
  }
  for (int i = 0; i < 4; ++i) EXPECT_EQ(visitor->get(kHost, "/").status, 200);
  EXPECT_GE(origin.requests(), 2);  // neither is ejected
  EXPECT_GE(other.requests(), 2);
}

}  // namespace
}  // namespace meridian::edge
