// Visitors that would keep a worker for themselves: what they get, and that others are served.
#include <atomic>
#include <memory>
#include <string>
#include <thread>

#include <gtest/gtest.h>

#include "edge-node/testing/http2_client.h"
#include "edge-node/testing/http2_origin.h"
#include "edge-node/testing/world.h"

namespace meridian::edge {
namespace {

using namespace testing;
using namespace std::chrono_literals;
using Origin = testing::Origin;

constexpr const char* kHost = World::kHost;

/// An upgrade begins a tunnel.
Origin::Reply answer(const Origin::Request& request) {
  const bool is_tunnel = request.head.fields.has("upgrade");
  return {.bytes = is_tunnel ? "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\n"
                               "Upgrade: websocket\r\n\r\n"
                             : reply(200, "Cache-Control: max-age=60\r\n", "x"),
          .after_gate = {}};
}

/// On one worker.
class Shared : public ::testing::Test {
 protected:
  static void change(EdgeOptions& options) { options.workers = 1; }
  void expect_good_service() { EXPECT_EQ(good_->get(kHost, "/good").status, 200); }
  double floods() { return world_->metric("meridian_edge_tls_floods_total"); }

  Origin origin_{answer};
  std::unique_ptr<World> world_ =
      std::make_unique<World>(std::vector<const Origin*>{&origin_}, change);
  std::unique_ptr<Client> good_ = world_->visit();
};

TEST_F(Shared, AVisitorMayChangeItsKeysNowAndThen) {
  const auto visitor = world_->visit();
  for (int i = 0; i < 100; ++i) {
    EXPECT_TRUE(visitor->change_keys(1));
    ASSERT_EQ(visitor->get(kHost, "/a").status, 200);
  }
  EXPECT_TRUE(visitor->change_keys(16));
  EXPECT_EQ(visitor->get(kHost, "/a").status, 200);
  EXPECT_EQ(floods(), 0);
}

TEST_F(Shared, ChangesOfKeysWithoutEndEndTheConnection) {
  const auto attacker = world_->visit();
  EXPECT_EQ(attacker->get(kHost, "/a").status, 200);
  (void)attacker->change_keys(10'000);
  expect_good_service();
  EXPECT_TRUE(eventually([&] { return floods() == 1; }));
  EXPECT_TRUE(attacker->at_end());
}

TEST_F(Shared, ARequestNowAndThenDoesNotMakeUpForThem) {
  const auto attacker = world_->visit();
  int requests = 0;
  while (requests < 40 && attacker->change_keys(3) && attacker->get(kHost, "/a").status == 200)
    ++requests;
  EXPECT_GT(requests, 5);
  EXPECT_LT(requests, 40);
  EXPECT_TRUE(eventually([&] { return floods() == 1; }));
  expect_good_service();
}

/// A visitor whose every byte in a tunnel is a record of its own, and who always has more of them
/// than the edge can have dealt with.
class FloodedTunnel : public Shared {
 protected:
  static constexpr int kMost = 200;

  void SetUp() override {
    expect_good_service();
    attacker_->send("GET /tunnel HTTP/1.1\r\nHost: " + std::string(kHost) +
                    "\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
    ASSERT_EQ(attacker_->read_response().status, 101);
    // The origin takes all of it for one request.
    attacker_->send("POST /flood HTTP/1.1\r\nHost: a\r\nContent-Length: 100000000\r\n\r\n");
    flood_ = std::thread([this] {
      const std::string bytes(10'000, 'x');
      while (!enough_ && sent_ < kMost && !cut_)
        attacker_->send_bytewise(bytes) ? void(++sent_) : void(cut_ = true);
    });
    EXPECT_TRUE(eventually([&] { return sent_ >= 20; }));
  }
  void TearDown() override {
    enough_ = true;
    if (flood_.joinable()) flood_.join();
  }

  std::unique_ptr<Client> attacker_ = world_->visit();
  std::atomic<bool> enough_{false}, cut_{false};
  std::atomic<int> sent_{0};
  std::thread flood_;
};

TEST_F(FloodedTunnel, LeavesOthersTheirTurn) {
  for (int i = 0; i < 3; ++i) expect_good_service();
  EXPECT_LT(sent_, kMost);
  EXPECT_FALSE(cut_);
}

TEST_F(FloodedTunnel, KeepsNoEdgeFromEnding) {
  world_.reset();
  flood_.join();
  EXPECT_LT(sent_, kMost);
  EXPECT_TRUE(cut_);
}

/// gRPC is a conversation only with who speaks HTTP/2.
TEST(SlowConversations, KeepTheirPaceTowardsHttp1) {
  Origin origin(answer);
  World world({&origin}, [](EdgeOptions& options) { options.limits.body_stall = 50ms; });
  Http2Client visitor(world.https_port(), kHost);
  visitor.ask(1, kHost, "/talk", {{"content-type", "application/grpc"}}, "POST", false);
  visitor.send(frame(kData, 0, 1, "x"));
  EXPECT_EQ(visitor.read_answer(1).status, 408);
  EXPECT_EQ(world.metric("meridian_edge_visitor_timeouts_total"), 1);
}

TEST(SlowConversations, MayPauseTowardsHttp2) {
  Http2Origin origin([](const Http2Origin::Request&) { return Http2Origin::Reply(); });
  World world(
      origin.port(), [](v1::OriginPool& pool) { pool.set_protocol(v1::ORIGIN_PROTOCOL_HTTP2); },
      [](EdgeOptions& options) { options.limits.body_stall = 50ms; });
  Http2Client visitor(world.https_port(), kHost);
  visitor.ask(1, kHost, "/talk", {{"content-type", "application/grpc"}}, "POST", false);
  visitor.send(frame(kData, 0, 1, "x"));
  visitor.ask(3, kHost, "/form", {}, "POST", false);
  visitor.send(frame(kData, 0, 3, "x"));
  EXPECT_EQ(visitor.read_answer(3).status, 408);  // which waited no longer than the other
  visitor.send(frame(kData, kEndStream, 1));
  EXPECT_EQ(visitor.read_answer(1).status, 200);
}

}  // namespace
}  // namespace meridian::edge
