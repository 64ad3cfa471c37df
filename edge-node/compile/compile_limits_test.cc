#include "edge-node/compile/compile_limits.h"

#include <gtest/gtest.h>

namespace meridian::edge {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(CompileLimits, WhatTheSettingsDoNotSayStaysAsItIs) {
  VisitorLimits defaults;
  defaults.idle = seconds(7);
  const auto limits = *compile_limits({}, defaults);
  EXPECT_EQ(limits.idle, seconds(7));
  EXPECT_EQ(limits.header.fields, defaults.header.fields);
  EXPECT_EQ(limits.all_connections, std::nullopt);
}

TEST(CompileLimits, EachSettingHasItsLimit) {
  v1::EdgeSettings settings;
  auto& timeouts = *settings.mutable_timeouts();
  timeouts.mutable_handshake()->set_seconds(1);
  timeouts.mutable_request_header()->set_seconds(2);
  timeouts.mutable_keep_alive()->set_seconds(3);
  timeouts.mutable_request_body()->set_seconds(4);
  timeouts.mutable_send()->set_nanos(500'000'000);
  timeouts.mutable_tunnel()->set_seconds(6);
  timeouts.set_min_bytes_per_second(7);
  auto& most = *settings.mutable_limits();
  most.set_connections(8);
  most.set_header_bytes(9000);
  most.set_header_fields(20);
  most.set_request_line_bytes(2000);
  const auto limits = *compile_limits(settings, {});
  EXPECT_EQ(limits.handshake, seconds(1));
  EXPECT_EQ(limits.head, seconds(2));
  EXPECT_EQ(limits.idle, seconds(3));
  EXPECT_EQ(limits.body_stall, seconds(4));
  EXPECT_EQ(limits.send_stall, milliseconds(500));
  EXPECT_EQ(limits.tunnel_idle, seconds(6));
  EXPECT_EQ(limits.least_bytes_per_second, 7U);
  EXPECT_EQ(limits.all_connections, 8U);
  EXPECT_EQ(limits.header.head_bytes, 9000U);
  EXPECT_EQ(limits.header.fields, 20U);
  EXPECT_EQ(limits.header.start_line_bytes, 2000U);
}

TEST(CompileSiteLimits, TakesWhatIsGivenAndNothingElse) {
  const auto none = compile_site_limits("shop", {});
  ASSERT_TRUE(none);
  EXPECT_FALSE(none->depend_on_client());
  EXPECT_EQ(none->concurrent_streams, 0u);
  v1::SiteLimits from;
  from.set_connections(7);
  from.set_bytes_per_second(5000);
  from.set_concurrent_streams(20);
  from.set_request_body_bytes(0);
  from.set_ipv4_prefix_length(24);
  const auto limits = compile_site_limits("shop", from);
  ASSERT_TRUE(limits);
  EXPECT_EQ(limits->connections->most, 7u);
  EXPECT_EQ(limits->connections->ipv4_length, 24);
  EXPECT_EQ(limits->connections->ipv6_length, 64);
  EXPECT_EQ(limits->bytes->bytes_per_second, 5000u);
  EXPECT_EQ(limits->bytes->ipv4_length, 24);
  EXPECT_EQ(limits->concurrent_streams, 20u);
  EXPECT_EQ(limits->request_body_bytes, 0u);
  EXPECT_FALSE(limits->requests);
  // Clients of one site have nothing to do with those of another.
  EXPECT_NE(limits->connections->id, compile_site_limits("blog", from)->connections->id);
  EXPECT_NE(limits->bytes->limit, compile_site_limits("blog", from)->bytes->limit);
}

TEST(CompileSiteLimits, RefusesWhatAllowsNothing) {
  v1::SiteLimits from;
  from.mutable_requests();
  EXPECT_EQ(compile_site_limits("shop", from).error().where, "spec.limits.requests");
  from.clear_requests();
  from.set_bytes_per_second(0);
  EXPECT_EQ(compile_site_limits("shop", from).error().where, "spec.limits.bytes_per_second");
}

}  // namespace
}  // namespace meridian::edge
