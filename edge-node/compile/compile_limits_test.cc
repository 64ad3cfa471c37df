#include "edge-node/compile/compile_limits.h"

#include <gtest/gtest.h>

namespace meridian::edge {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(CompileLimits, WhatTheSettingsDoNotSayStaysAsItIs) {
  VisitorLimits defaults;
  defaults.idle = seconds(7);
  const auto limits = compile_limits({}, defaults);
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
  const auto limits = compile_limits(settings, {});
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

}  // namespace
}  // namespace meridian::edge
