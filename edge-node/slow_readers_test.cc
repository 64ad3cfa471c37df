// Visitors of different speeds who share one fetch of what the cache does not keep.
#include <array>
#include <cstdio>

#include <gtest/gtest.h>

#include "edge-node/testing/http2_client.h"
#include "edge-node/testing/world.h"

namespace meridian::edge {
namespace {

using namespace testing;
using Origin = testing::Origin;

constexpr const char* kHost = World::kHost;
constexpr std::size_t kMebi = 1 << 20;
constexpr std::size_t kBody = 24 * kMebi;  // more than sockets take in

/// Each stretch says where it is.
const std::string& body() {
  static const std::string body = [] {
    std::string bytes;
    while (bytes.size() < kBody) bytes += std::to_string(bytes.size()) + '\n';
    return bytes;
  }();
  return body;
}

/// An origin that does not say how much it is; no more than the first byte comes before the gate.
Origin::Reply answer(const Origin::Request&) {
  std::string rest;
  for (std::size_t at = 1; at < body().size(); at += 60'000) {
    const auto piece = std::string_view(body()).substr(at, 60'000);
    std::array<char, 16> size;
    (void)std::snprintf(size.data(), size.size(), "%zx", piece.size());
    rest.append(size.data()).append("\r\n").append(piece).append("\r\n");
  }
  return {.bytes =
              "HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\n"
              "Transfer-Encoding: chunked\r\n\r\n1\r\n0\r\n",
          .gated = true,
          .after_gate = rest + "0\r\n\r\n",
          .close = false};
}

class SharedFetch : public ::testing::Test {
 protected:
  void keep_up_to(std::size_t bytes) {
    world_.site.mutable_cache()->set_max_object_bytes(bytes);
    ASSERT_TRUE(world_.apply());
  }
  /// The beginning of the answer has come.
  std::unique_ptr<Client> ask() const {
    auto visitor = world_.visit();
    visitor->send("GET /film HTTP/1.1\r\nHost: " + std::string(kHost) + "\r\n\r\n");
    while (visitor->unread().find("\r\n0\r\n") == std::string::npos)
      if (!visitor->read_more()) ADD_FAILURE() << "no answer";
    return visitor;
  }
  double metric(const std::string& name) { return world_.metric("meridian_edge_" + name); }

  Origin origin_{answer};
  World world_{{&origin_}};
};

TEST_F(SharedFetch, IsWholeForWhoReadsOnlyWhenTheCacheHasStoppedToKeepIt) {
  keep_up_to(20 * kMebi);
  const auto visitor = ask();
  origin_.open_gate();
  ASSERT_TRUE(eventually([&] { return metric("fills_not_stored_total") == 1; }));
  const auto answer = visitor->read_response();
  EXPECT_TRUE(answer.complete);
  EXPECT_TRUE(answer.body == body());
  EXPECT_EQ(origin_.requests(), 1);
}

TEST_F(SharedFetch, IsNotHeldUpByWhoReadsNothing) {
  keep_up_to(kMebi);
  const auto still = ask();
  Http2Client still_too(world_.https_port(), kHost);
  still_too.updates_windows = false;
  still_too.ask(1, kHost, "/film");
  while (still_too.answers[1].body.empty()) ASSERT_TRUE(still_too.step());
  const auto visitor = ask();
  origin_.open_gate();
  const auto answer = visitor->read_response();
  EXPECT_TRUE(answer.complete);
  EXPECT_TRUE(answer.body == body());
  // The others get a beginning, and are told that it is not all.
  const auto first = still->read_response();
  EXPECT_FALSE(first.complete);
  EXPECT_TRUE(body().starts_with(first.body));
  still_too.send(frame(kWindowUpdate, 0, 1, u32(64 << 20)) +
                 frame(kWindowUpdate, 0, 0, u32(64 << 20)));
  const auto second = still_too.read_answer(1);
  EXPECT_FALSE(second.complete);
  EXPECT_TRUE(second.reset);
  EXPECT_TRUE(body().starts_with(second.body));
  EXPECT_EQ(metric("visitor_timeouts_total"), 2);
  EXPECT_EQ(metric("origin_errors_total"), 0);
  EXPECT_EQ(origin_.requests(), 1);
}

}  // namespace
}  // namespace meridian::edge
