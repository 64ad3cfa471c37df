#include <gtest/gtest.h>

#include "dns-steer/query/test_answers.h"

// Methods and panic modes, by whole packets.
namespace meridian::dns {
namespace {

using namespace testing;

/// kShop with further policies; `hostnames` of the site have those.
std::shared_ptr<const Serving> serving_with_policies(const HealthView& view = {}) {
  return serving_from(std::string(kShop) + R"(
---
kind: SteeringPolicy
name: turns
spec: {method: round_robin}
---
kind: SteeringPolicy
name: world
spec:
  method: failover
  members: [{location: sin}, {policy: west}]
---
kind: SteeringPolicy
name: west
spec: {members: [{location: nyc}, {location: fra}]}
---
kind: SteeringPolicy
name: sorry
spec: {panic_mode: fixed, panic_addresses: [198.51.100.9]}
---
kind: Site
name: more
spec:
  hostnames: [turns.shop.test, world.shop.test, sorry.shop.test, plain.shop.test]
  hostname_policies:
    - {hostname: turns.shop.test, steering_policy: turns}
    - {hostname: world.shop.test, steering_policy: world}
    - {hostname: sorry.shop.test, steering_policy: sorry}
)",
                      view);
}

Packet question(const std::string& name, std::uint16_t type = 1) {
  return packet(
      {.name = name, .type = type, .edns = true, .options = subnet_option(1, 24, {10, 1, 1})});
}

std::string answered(const Serving& serving, const std::string& name) {
  const auto text = describe(ask(serving, question(name)));
  const auto address = text.find(" IN A ");
  return address == std::string::npos
             ? "none"
             : text.substr(address + 6, text.find('\n', address) - address - 6);
}

TEST(HostnamePolicy, HoldsForItsHostnameOnly) {
  const auto serving = serving_with_policies();
  EXPECT_EQ(answered(*serving, "world.shop.test."), "192.0.2.3");
  EXPECT_EQ(answered(*serving, "plain.shop.test."), "192.0.2.1");
  EXPECT_EQ(scope_of(ask(*serving, question("world.shop.test."))), 0);
}

TEST(RoundRobinAnswers, RotateForEachWorker) {
  const auto serving = serving_with_policies();
  WorkerState state(1);
  std::string all;
  for (int i = 0; i < 6; ++i) {
    const auto next = describe(ask(*serving, state, {}, question("turns.shop.test.")));
    // The AAAA query that comes with it has a count of its own.
    (void)ask(*serving, state, {}, question("turns.shop.test.", 28));
    all += next.substr(next.find("192.0.2.") + 8, 1);
  }
  EXPECT_NE((all + all).find("123123"), std::string::npos) << all;
}

TEST(NestedAnswers, ComeFromTheNextMemberWhenOneIsDown) {
  HealthView view;
  view.edges["edge-sin"].up = false;
  const auto serving = serving_with_policies(view);
  EXPECT_EQ(answered(*serving, "world.shop.test."), "192.0.2.1");
}

TEST(FixedAnswers, AreGivenInPanicForTheFamilyThatTheyAreOf) {
  HealthView view;
  for (const auto* edge : {"edge-fra", "edge-nyc", "edge-sin"}) view.edges[edge].up = false;
  const auto serving = serving_with_policies(view);
  EXPECT_EQ(answered(*serving, "sorry.shop.test."), "198.51.100.9");
  const auto six = describe(ask(*serving, question("sorry.shop.test.", 28)));
  EXPECT_EQ(six.find(" IN AAAA "), std::string::npos) << six;
  EXPECT_NE(six.find("SOA"), std::string::npos) << six;
}

}  // namespace
}  // namespace meridian::dns
