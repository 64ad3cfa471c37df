// What the rules of the edge that a visitor came to say holds behind a shield as well.
#include <charconv>

#include <gtest/gtest.h>

#include "edge-node/testing/fleet.h"

namespace meridian::edge {
namespace {

using testing::Fleet;
using testing::Origin;
using testing::reply;
using testing::Response;
using testing::World;

constexpr const char* kHost = World::kHost;

Origin::Reply say(std::string bytes) {
  return {.bytes = std::move(bytes), .gated = false, .after_gate = {}, .close = false};
}

Response get(World& world, const std::string& target, const std::string& more_fields = "") {
  return world.visit()->get(kHost, target, more_fields);
}

v1::Rule& add_rule(World& world) {
  world.site.add_rules("rule");
  return world.rules.emplace_back("rule", v1::Rule()).second;
}

int number(const std::string& text) {
  int value = -1;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

TEST(ShieldRules, ALifetimeIsNotGivenTwice) {
  constexpr int kAge = 500, kLifetime = 3600;
  Origin origin([](const auto&) {
    return say(
        reply(200, "Cache-Control: max-age=1000\r\nAge: " + std::to_string(kAge) + "\r\n", "page"));
  });
  Fleet fleet({&origin});
  add_rule(fleet.sin).mutable_override_cache()->mutable_ttl()->set_seconds(kLifetime);
  fleet.apply();
  EXPECT_EQ(get(*fleet.shield, "/").body, "page");
  EXPECT_EQ(get(fleet.sin, "/").body, "page");
  const auto again = get(fleet.sin, "/");
  EXPECT_EQ(again.field("cache-status").find("meridian; hit; ttl="), 0u);
  EXPECT_GE(number(again.field("age")), kAge);
  EXPECT_EQ(origin.requests(), 1);
  // What the origin says of its own caches does not count.
  EXPECT_EQ(get(fleet.sin, "/new").body, "page");
  EXPECT_LT(number(get(fleet.sin, "/new").field("age")), kAge);
}

TEST(ShieldRules, WhatTheySayReachesTheOriginAlone) {
  Origin origin([](const auto& request) {
    const auto& fields = request.head.fields;
    return say(reply(200, "Cache-Control: max-age=60\r\n",
                     fields.combined("x-forwarded-port") + " " + fields.combined("x-real-ip") +
                         " " + fields.combined("x-forwarded-proto")));
  });
  Fleet fleet({&origin});
  auto& set = *add_rule(fleet.sin).mutable_set_request_header();
  set.set_name("X-Forwarded-Port");
  set.set_value("8443");
  fleet.apply();
  const std::string claims = "X-Forwarded-Port: 1337\r\nX-Real-IP: 10.0.0.1\r\n";
  EXPECT_EQ(get(fleet.sin, "/sin", claims).body, "8443  https");
  EXPECT_EQ(get(fleet.nyc, "/nyc", claims).body, "  https");
}

}  // namespace
}  // namespace meridian::edge
