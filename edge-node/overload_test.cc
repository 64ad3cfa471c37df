// An edge that has more to do than it can: what it sheds, and what it goes on serving.
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "edge-node/testing/http2_client.h"
#include "edge-node/testing/world.h"

namespace meridian::edge {
namespace {

using namespace testing;
using Origin = testing::Origin;
using namespace std::chrono_literals;

constexpr const char* kHost = World::kHost;
const std::string kCached = "Cache-Control: max-age=60\r\n";
constexpr std::size_t kFetches = 4;

/// Answers to /slow wait for the gate.
Origin::Reply answer(const Origin::Request& request) {
  const auto bytes = reply(200, kCached, "x");
  if (!request.head.target.starts_with("/slow"))
    return {.bytes = bytes, .gated = false, .after_gate = {}, .close = false};
  return {.bytes = {}, .gated = true, .after_gate = bytes, .close = false};
}

void change(EdgeOptions& options) {
  options.workers = 1;
  options.overload.fetches = kFetches;
  options.overload.calm = 200ms;
}

class Overloaded : public ::testing::Test {
 protected:
  void ask_slowly() {
    for (std::size_t i = 0; i < kFetches; ++i) {
      waiting_.push_back(world_.visit());
      waiting_.back()->send("GET /slow" + std::to_string(i) + " HTTP/1.1\r\nHost: " + kHost +
                            "\r\n\r\n");
    }
    ASSERT_TRUE(eventually([&] { return world_.metric("meridian_edge_overloaded") == 1; }));
  }
  void end_slowness() {
    origin_.open_gate();
    for (const auto& visitor : waiting_) EXPECT_EQ(visitor->read_response().status, 200);
    EXPECT_TRUE(eventually([&] { return world_.metric("meridian_edge_overloaded") == 0; }));
  }

  Origin origin_{answer};
  World world_{{&origin_}, change};
  std::vector<std::unique_ptr<Client>> waiting_;
};

TEST_F(Overloaded, AnswersMisses503AndGoesOnServingHits) {
  const auto good = world_.visit();
  EXPECT_EQ(good->get(kHost, "/hit").status, 200);
  ask_slowly();
  const auto fetches = world_.metric("meridian_edge_origin_fetches_total");
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(good->get(kHost, "/hit").status, 200);
    const auto shed = good->get(kHost, "/miss" + std::to_string(i));
    EXPECT_EQ(shed.status, 503);
    EXPECT_EQ(shed.field("retry-after"), "1");
  }
  good->send("POST /form HTTP/1.1\r\nHost: " + std::string(kHost) +
             "\r\nContent-Length: 1\r\n\r\nx");
  EXPECT_EQ(good->read_response().status, 503);
  EXPECT_EQ(world_.metric("meridian_edge_origin_fetches_total"), fetches);
  EXPECT_EQ(world_.metric("meridian_edge_misses_shed_total"), 11);
  end_slowness();
  EXPECT_EQ(good->get(kHost, "/miss1").status, 200);
}

/// It is visitors that are waited for then; and however an upload ends, it is counted right.
TEST_F(Overloaded, UploadsOnTheirWayAreNoReasonToShed) {
  Http2Client uploads(world_.https_port(), kHost);
  std::uint32_t streams = 0;
  const auto begin = [&] {
    const std::uint32_t stream = 2 * streams++ + 1;
    uploads.ask(stream, kHost, "/slow" + std::to_string(stream), {}, "POST", false);
    uploads.send(frame(kData, 0, stream, "x"));
    EXPECT_TRUE(
        eventually([&] { return world_.metric("meridian_edge_received_bytes_total") == streams; }));
    return stream;
  };
  const auto good = world_.visit();
  for (std::size_t i = 0; i < 2 * kFetches; ++i)
    uploads.send(frame(kRstStream, 0, begin(), u32(8)));
  std::vector<std::uint32_t> running;
  for (std::size_t i = 0; i < kFetches; ++i) running.push_back(begin());
  EXPECT_EQ(good->get(kHost, "/miss1").status, 200);
  const auto end = [&](std::size_t i) {
    const auto before = origin_.requests();
    uploads.send(frame(kData, kEndStream, running[i]));
    EXPECT_TRUE(eventually([&] { return origin_.requests() == before + 1; }));
  };
  for (std::size_t i = 1; i < kFetches; ++i) end(i);
  EXPECT_EQ(good->get(kHost, "/miss2").status, 200);
  end(0);
  EXPECT_EQ(good->get(kHost, "/miss3").status, 503);
  ASSERT_TRUE(eventually([&] { return world_.metric("meridian_edge_overloaded") == 1; }));
  end_slowness();
  for (const auto stream : running) EXPECT_EQ(uploads.read_answer(stream).status, 200);
  EXPECT_EQ(good->get(kHost, "/miss4").status, 200);
}

TEST_F(Overloaded, ServesWhatIsStaleRatherThanNothing) {
  world_.site.mutable_cache()->mutable_stale_if_error()->set_seconds(3600);
  world_.site.mutable_cache()->mutable_default_ttl()->set_seconds(60);
  ASSERT_TRUE(world_.apply());
  const auto visitor = world_.visit();
  EXPECT_EQ(visitor->get(kHost, "/page").status, 200);
  v1::Purge purge;
  purge.set_url("https://" + std::string(kHost) + "/page");
  purge.set_soft(true);
  purge.set_sequence(1);
  ASSERT_TRUE(world_.edge().purge(purge));
  ask_slowly();
  const auto answer = visitor->get(kHost, "/page");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.field("cache-status"),
            "meridian; fwd=stale; fwd-status=503; detail=stale-if-error");
  end_slowness();
}

TEST_F(Overloaded, SaysThatItIsFullUntilItIsNot) {
  v1::EdgeLoad load;
  world_.edge().tell_overload(load);
  EXPECT_EQ(load.cpu(), 0);
  ask_slowly();
  load.set_cpu(0.1);
  load.set_requests_in_flight(4);
  world_.edge().tell_overload(load);
  EXPECT_EQ(load.cpu(), 0.1);  // nobody has said what it can take
  EXPECT_EQ(load.requests_in_flight(), 4u);
  world_.capacity.set_cpu(0.8);
  world_.capacity.set_requests_in_flight(1000);
  ASSERT_TRUE(world_.apply());
  world_.edge().tell_overload(load);
  EXPECT_EQ(load.cpu(), 0.8);
  EXPECT_EQ(load.requests_in_flight(), 1000u);
  EXPECT_EQ(load.bits_per_second(), 0u);
  end_slowness();
  v1::EdgeLoad after;
  world_.edge().tell_overload(after);
  EXPECT_EQ(after.requests_in_flight(), 0u);
}

/// Every tick is late where the bound is none, as if the loop never caught up.
TEST(OverloadedLoop, TakesNoNewConnections) {
  Origin origin(answer);
  World world({&origin}, [](EdgeOptions& options) {
    options.workers = 1;
    options.overload.lag_for_connections = 0ms;
    options.overload.window = 3s;
  });
  const auto early = world.visit();
  EXPECT_EQ(early->get(kHost, "/hit").status, 200);
  ASSERT_TRUE(eventually([&] { return world.metric("meridian_edge_overloaded") == 1; }));
  const auto handshakes = world.metric("meridian_edge_tls_handshakes_total");
  EXPECT_FALSE(world.visit()->connected());
  EXPECT_EQ(world.metric("meridian_edge_connections_shed_total"), 1);
  EXPECT_EQ(world.metric("meridian_edge_tls_handshakes_total"), handshakes);
  EXPECT_EQ(early->get(kHost, "/hit").status, 200);
}

}  // namespace
}  // namespace meridian::edge
