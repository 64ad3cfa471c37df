// What one client may take of an edge and of a site: what the one beyond gets, what the edge spends
// on it, and that others are served meanwhile.
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "edge-node/testing/http2_client.h"
#include "edge-node/testing/world.h"

namespace meridian::edge {
namespace {

using namespace testing;
using Origin = testing::Origin;

constexpr const char* kHost = World::kHost;
constexpr const char* kOther = "127.0.0.9";  // a client beside
const std::string kCached = "Cache-Control: max-age=60\r\n";

Origin::Reply say(std::string bytes) {
  return {.bytes = std::move(bytes), .gated = false, .after_gate = {}, .close = false};
}

class Limits : public ::testing::Test {
 protected:
  std::unique_ptr<Client> visit(const std::string& from = {}, std::string_view in_front = {}) {
    return std::make_unique<Client>(world_.https_port(), kHost, nullptr, in_front, "", from);
  }
  void apply() { ASSERT_TRUE(world_.apply()); }
  v1::SiteLimits& of_site() { return *world_.site.mutable_limits(); }
  /// Beside whoever is refused.
  void expect_that_others_are_served() {
    const auto other = visit(kOther);
    EXPECT_EQ(other->get(kHost, "/for-others").status, 200);
  }
  double metric(const std::string& name) { return world_.metric("meridian_edge_" + name); }

  Origin origin_{[](const Origin::Request& request) {
    if (request.head.method == "POST") return say(reply(200, "", request.body));
    return say(reply(200, kCached, "x"));
  }};
  World world_{{&origin_}};
};

class Places : public ::testing::Test {
 protected:
  static constexpr int kPlaces = 64;  // of which four are kept free
  Places() {
    world_.settings.emplace().mutable_limits()->set_connections(kPlaces);
    EXPECT_TRUE(world_.apply());
  }
  std::unique_ptr<Client> visit() { return world_.visit(); }
  double metric(const std::string& name) { return world_.metric("meridian_edge_" + name); }

  Origin origin_{[](const Origin::Request& request) {
    auto said = say(reply(200, kCached, "x"));
    if (request.head.target.starts_with("/held/"))
      said = {.bytes = {}, .gated = true, .after_gate = said.bytes, .close = false};
    return said;
  }};
  World world_{{&origin_}, [](EdgeOptions& options) {
                 options.limits.idle_kept = std::chrono::milliseconds(0);
               }};
};

TEST_F(Places, IdleVisitorsMakeRoomForNewOnes) {
  const auto active = visit();
  std::vector<std::unique_ptr<Client>> others;
  for (int i = 0; i < 3 * kPlaces; ++i) {
    others.push_back(visit());
    EXPECT_EQ(others.back()->get(kHost, "/a").status, 200);
    EXPECT_EQ(active->get(kHost, "/a").status, 200);
  }
  EXPECT_EQ(others.back()->get(kHost, "/a").status, 200);
  EXPECT_TRUE(others.front()->at_end());
  EXPECT_EQ(metric("connections_refused_total"), 0);
  EXPECT_GE(metric("connections_sent_away_total"), 2 * kPlaces);
  EXPECT_LE(metric("open_connections"), kPlaces);
}

TEST_F(Places, WhoDoesNotEvenBeginTlsMakesRoom) {
  const auto active = visit();
  std::vector<std::unique_ptr<Client>> silent;
  for (int i = 0; i < 3 * kPlaces; ++i) {
    silent.push_back(std::make_unique<Client>(world_.https_port()));
    // Accepted one by one: a crowd that comes at once finds no more places than are free.
    EXPECT_TRUE(eventually([&] { return metric("connections_total") == i + 2; }));
    EXPECT_EQ(active->get(kHost, "/a").status, 200);
  }
  EXPECT_EQ(visit()->get(kHost, "/a").status, 200);
  EXPECT_EQ(metric("connections_refused_total"), 0);
  EXPECT_GE(metric("connections_sent_away_total"), 2 * kPlaces);
  EXPECT_LE(metric("open_connections"), kPlaces);
}

TEST_F(Places, DeniedClientsAreServedNothing) {
  Client before(world_.https_port(), kHost, nullptr, {}, {}, "127.0.0.9");
  EXPECT_EQ(before.get(kHost, "/a").status, 200);
  world_.settings->mutable_limits()->add_denied_clients("127.0.0.8/31");
  ASSERT_TRUE(world_.apply());
  EXPECT_EQ(before.get(kHost, "/a").status, 403);  // which is stored
  EXPECT_TRUE(before.at_end());
  EXPECT_FALSE(Client(world_.https_port(), kHost, nullptr, {}, {}, "127.0.0.8").connected());
  EXPECT_TRUE(Client(world_.http_port(), {}, nullptr, {}, {}, "127.0.0.9").at_end());
  EXPECT_EQ(visit()->get(kHost, "/a").status, 200);
  EXPECT_EQ(metric("denied_total"), 3);
  world_.settings->mutable_limits()->set_denied_clients(0, "127.0.0.0/33");
  EXPECT_FALSE(world_.apply());
}

TEST_F(Places, IdleVisitorsOfHttp2AreToldToGo) {
  Http2Client visitor(world_.https_port(), kHost);
  visitor.ask(1, kHost, "/a");
  EXPECT_EQ(visitor.read_answer(1).status, 200);
  std::vector<std::unique_ptr<Client>> others;
  while (metric("connections_sent_away_total") == 0) {
    others.push_back(visit());
    EXPECT_EQ(others.back()->get(kHost, "/a").status, 200);
  }
  for (int i = 0; i < kPlaces; ++i) {
    others.push_back(visit());
    EXPECT_EQ(others.back()->get(kHost, "/a").status, 200);
  }
  while (visitor.step()) {
  }
  EXPECT_EQ(visitor.goaway, 0u);  // NO_ERROR
  EXPECT_EQ(visitor.last_stream, 1u);
}

TEST_F(Places, WhoIsBeingServedKeepsItsPlace) {
  std::vector<std::unique_ptr<Client>> busy;
  for (int i = 0; i < kPlaces - kPlaces / 16; ++i) {
    busy.push_back(visit());
    busy.back()->send("GET /held/" + std::to_string(i) + " HTTP/1.1\r\nHost: " + kHost +
                      "\r\n\r\n");
  }
  EXPECT_TRUE(eventually([&] { return origin_.requests() == static_cast<int>(busy.size()); }));
  std::vector<std::unique_ptr<Client>> idle;
  EXPECT_TRUE(eventually([&] {
    idle.push_back(visit());
    return metric("connections_sent_away_total") > 0;
  }));
  origin_.open_gate();
  for (const auto& one : busy) EXPECT_EQ(one->read_response().status, 200);
}

TEST_F(Limits, AClientHasNoMoreConnectionsThanItMay) {
  world_.settings.emplace().mutable_limits()->set_connections_per_client(3);
  apply();
  std::vector<std::unique_ptr<Client>> held;
  for (int i = 0; i < 3; ++i) {
    held.push_back(visit());
    EXPECT_EQ(held.back()->get(kHost, "/a").status, 200);
  }
  const auto handshakes = metric("tls_handshakes_total") + metric("tls_handshake_failures_total");
  for (int i = 0; i < 5; ++i) EXPECT_FALSE(visit()->connected());
  EXPECT_EQ(metric("client_connections_refused_total"), 5);
  // Nothing was spent on them but accept and close.
  EXPECT_EQ(metric("tls_handshakes_total") + metric("tls_handshake_failures_total"), handshakes);
  expect_that_others_are_served();
  held.pop_back();
  EXPECT_TRUE(eventually([&] { return visit()->connected(); }));
}

TEST_F(Limits, ANetworkOfClientsCountsTogether) {
  auto& limits = *world_.settings.emplace().mutable_limits();
  limits.set_connections_per_client(1);
  limits.set_ipv4_prefix_length(24);
  apply();
  const auto first = visit("127.0.3.1");
  EXPECT_EQ(first->get(kHost, "/").status, 200);
  EXPECT_FALSE(visit("127.0.3.2")->connected());
  EXPECT_TRUE(visit("127.0.4.1")->connected());
}

TEST(ProxiedLimits, AreOfTheClientThatAProxyNames) {
  Origin origin([](const auto&) { return say(reply(200, kCached, "x")); });
  World world({&origin}, [](EdgeOptions& options) {
    options.proxies.push_back(*parse_prefix("127.0.0.0/8"));
  });
  world.settings.emplace().mutable_limits()->set_connections_per_client(1);
  ASSERT_TRUE(world.apply());
  const auto named = [&](const std::string& client) {
    const auto header = "PROXY TCP4 " + client + " 192.0.2.9 1000 443\r\n";
    return std::make_unique<Client>(world.https_port(), kHost, nullptr, header);
  };
  const auto first = named("192.0.2.1");
  EXPECT_EQ(first->get(kHost, "/").status, 200);
  EXPECT_FALSE(named("192.0.2.1")->connected());
  const auto other = named("192.0.2.2");
  EXPECT_EQ(other->get(kHost, "/").status, 200);
  EXPECT_EQ(world.metric("meridian_edge_client_connections_refused_total"), 1);
}

TEST_F(Limits, AClientAsksASiteNoMoreOftenThanItMay) {
  auto& requests = *of_site().mutable_requests();
  requests.set_requests(5);
  requests.mutable_per()->set_seconds(3600);
  apply();
  const auto visitor = visit();
  for (int i = 0; i < 5; ++i) EXPECT_EQ(visitor->get(kHost, "/a").status, 200);
  const auto fetches = origin_.requests();
  // Hits and misses alike, in both versions of HTTP.
  const auto hit = visitor->get(kHost, "/a");
  EXPECT_EQ(hit.status, 429);
  EXPECT_GT(std::stoi(hit.field("retry-after")), 600);
  EXPECT_EQ(visitor->get(kHost, "/b").status, 429);
  Http2Client http2(world_.https_port(), kHost);
  http2.ask(1, kHost, "/a");
  EXPECT_EQ(http2.read_answer(1).status, 429);
  EXPECT_EQ(origin_.requests(), fetches);
  EXPECT_EQ(metric("site_requests_limited_total"), 3);
  expect_that_others_are_served();
}

TEST_F(Limits, AClientAsksASiteByNoMoreConnectionsThanItMay) {
  of_site().set_connections(2);
  apply();
  auto first = visit();
  const auto second = visit();
  EXPECT_EQ(first->get(kHost, "/a").status, 200);
  EXPECT_EQ(second->get(kHost, "/a").status, 200);
  EXPECT_EQ(second->get(kHost, "/a").status, 200);  // it was counted
  const auto fetches = origin_.requests();
  const auto third = visit();
  const auto answer = third->get(kHost, "/b");
  EXPECT_EQ(answer.status, 429);
  EXPECT_EQ(answer.field("retry-after"), "1");
  EXPECT_TRUE(third->at_end());
  Http2Client http2(world_.https_port(), kHost);
  http2.ask(1, kHost, "/a");
  EXPECT_EQ(http2.read_answer(1).status, 429);
  while (http2.step()) {
  }
  EXPECT_EQ(http2.goaway, 0u);
  EXPECT_EQ(origin_.requests(), fetches);
  EXPECT_EQ(metric("site_connections_limited_total"), 2);
  expect_that_others_are_served();
  first.reset();
  EXPECT_TRUE(eventually([&] { return visit()->get(kHost, "/a").status == 200; }));
}

TEST_F(Limits, ABodyIsNoLongerThanItsSiteAllows) {
  of_site().set_request_body_bytes(10);
  apply();
  const auto post = [&](const std::string& fields, const std::string& body) {
    const auto visitor = visit();
    visitor->send("POST /form HTTP/1.1\r\nHost: " + std::string(kHost) + "\r\n" + fields + "\r\n" +
                  body);
    return visitor->read_response();
  };
  EXPECT_EQ(post("Content-Length: 10\r\n", "0123456789").body, "0123456789");
  EXPECT_EQ(origin_.requests(), 1);
  EXPECT_EQ(post("Content-Length: 11\r\n", "0123456789a").status, 413);
  // Told before it sends anything.
  EXPECT_EQ(post("Content-Length: 11\r\nExpect: 100-continue\r\n", "").status, 413);
  EXPECT_EQ(post("Transfer-Encoding: chunked\r\n", "5\r\n01234\r\n5\r\n56789\r\n0\r\n\r\n").body,
            "0123456789");
  EXPECT_EQ(origin_.requests(), 2);
  EXPECT_EQ(post("Transfer-Encoding: chunked\r\n", "5\r\n01234\r\n6\r\n56789a\r\n0\r\n\r\n").status,
            413);
  Http2Client http2(world_.https_port(), kHost);
  http2.ask(1, kHost, "/form", {}, "POST", false);
  http2.send(frame(kData, 0, 1, "0123456789") + frame(kData, kEndStream, 1, "a"));
  EXPECT_EQ(http2.read_answer(1).status, 413);
  EXPECT_EQ(origin_.requests(), 2);  // none of them came whole
  EXPECT_EQ(metric("bodies_too_large_total"), 4);
  expect_that_others_are_served();
}

TEST_F(Limits, AConnectionHasNoMoreStreamsThanItsSiteAllows) {
  of_site().set_concurrent_streams(2);
  apply();
  Http2Client visitor(world_.https_port(), kHost);
  std::uint32_t told = 0;
  while (const auto got = visitor.next()) {
    if (got->type != kSettings || (got->flags & kAck)) continue;
    for (std::size_t i = 0; i + 6 <= got->payload.size(); i += 6)
      if (got->payload.substr(i, 2) == std::string("\0\3", 2))
        told = static_cast<unsigned char>(got->payload[i + 5]);
    break;
  }
  EXPECT_EQ(told, 2u);
  // Three that begin and do not end, before the visitor can have read that.
  for (std::uint32_t stream : {1u, 3u, 5u}) visitor.ask(stream, kHost, "/form", {}, "POST", false);
  EXPECT_EQ(visitor.read_answer(5).reset, 7u);
  visitor.send(frame(kData, kEndStream, 1, "one"));
  EXPECT_EQ(visitor.read_answer(1).body, "one");
  visitor.ask(7, kHost, "/a");
  EXPECT_EQ(visitor.read_answer(7).status, 200);
  expect_that_others_are_served();
}

/// Where no server name has told the site, or another one.
TEST_F(Limits, StreamsOfASiteAreCountedAmongThoseOfOthers) {
  of_site().set_concurrent_streams(2);
  apply();
  Http2Client visitor(world_.http_port());
  for (std::uint32_t stream : {1u, 3u, 5u}) visitor.ask(stream, kHost, "/form", {}, "POST", false);
  EXPECT_EQ(visitor.read_answer(5).reset, 7u);
  EXPECT_EQ(metric("site_streams_limited_total"), 1);
  visitor.send(frame(kData, kEndStream, 1, "one"));
  EXPECT_EQ(visitor.read_answer(1).body, "one");
  visitor.ask(7, kHost, "/a");
  EXPECT_EQ(visitor.read_answer(7).status, 200);
}

class Paced : public ::testing::Test {
 protected:
  static constexpr std::size_t kSize = 30'000, kBytesPerSecond = 20'000;

  /// How long a visit takes that reads `path`, from `from`.
  std::chrono::milliseconds read(const std::string& from, const std::string& path) {
    const auto begin = Clock::now();
    Client client(world_.https_port(), kHost, nullptr, {}, "", from);
    const auto answer = client.get(kHost, path);
    EXPECT_EQ(answer.body.size(), kSize);
    return std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - begin);
  }

  Origin origin_{[](const auto&) { return say(reply(200, kCached, std::string(kSize, 'x'))); }};
  World world_{{&origin_}};
};

TEST_F(Paced, AClientIsSentNoMoreBytesThanItMay) {
  world_.site.mutable_limits()->set_bytes_per_second(kBytesPerSecond);
  ASSERT_TRUE(world_.apply());
  const auto cpu = [] {
    timespec used{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    return std::chrono::seconds(used.tv_sec) + std::chrono::nanoseconds(used.tv_nsec);
  };
  const auto cpu_before = cpu();
  // Two connections share what the client may have: 60,000 bytes, of which a second's worth at
  // once.
  const auto begin = Clock::now();
  std::thread beside([&] { read("127.0.0.5", "/a"); });
  read("127.0.0.5", "/b");
  beside.join();
  EXPECT_GE(Clock::now() - begin, std::chrono::milliseconds(1900));
  EXPECT_GT(world_.metric("meridian_edge_throttled_total"), 10);
  EXPECT_LT(cpu() - cpu_before, std::chrono::seconds(1));  // it did not spin
  // The allowance of another client is its own: no later than one alone.
  EXPECT_GE(read(kOther, "/a"), std::chrono::milliseconds(400));
}

TEST_F(Paced, OfHttp2AsWell) {
  world_.site.mutable_limits()->set_bytes_per_second(kBytesPerSecond);
  ASSERT_TRUE(world_.apply());
  const auto begin = Clock::now();
  Http2Client visitor(world_.https_port(), kHost);
  visitor.ask(1, kHost, "/a");
  visitor.ask(3, kHost, "/b");
  EXPECT_EQ(visitor.read_answer(1).body.size(), kSize);
  EXPECT_EQ(visitor.read_answer(3).body.size(), kSize);
  EXPECT_GE(Clock::now() - begin, std::chrono::milliseconds(1900));
}

}  // namespace
}  // namespace meridian::edge
