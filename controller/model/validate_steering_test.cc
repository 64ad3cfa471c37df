#include <gtest/gtest.h>

#include "controller/model/test_configuration.h"
#include "controller/model/validate.h"

namespace meridian::control {
namespace {

using Lines = std::vector<std::string>;

/// As an operator reads them: "x: spec.members: is missing".
Lines complaints_with(const Lines& resources) {
  auto configuration = good_configuration();
  for (const auto& text : resources) configuration.upsert(resource_of(text));
  Lines lines;
  for (const auto& violation : validate(configuration))
    lines.push_back(violation.resource().name() + ": " + violation.field() + ": " +
                    violation.reason());
  return lines;
}

/// Of a policy `x` with this specification.
Lines complaints(const std::string& policy) {
  return complaints_with({R"(name: "x" steering_policy { )" + policy + " }"});
}

TEST(SteeringMembers, MayBeLocationsAndPolicies) {
  EXPECT_EQ(complaints(R"(method: STEERING_METHOD_WEIGHTED
                          members { location: "par" weight: 0 }
                          members { policy: "near" weight: 7 })"),
            Lines{});
}

TEST(SteeringMembers, MustBeSomethingThatExists) {
  EXPECT_EQ(complaints(R"(members { location: "pra" } members { weight: 1 })"),
            (Lines{"x: spec.members[0].location: there is no Location 'pra'; did you mean 'par'?",
                   "x: spec.members[1]: is empty: give location or policy",
                   "x: spec.members[1].weight: matters to weighted and consistent_hash only"}));
}

TEST(SteeringMembers, StandOnceEach) {
  EXPECT_EQ(complaints(R"(members { location: "par" } members { location: "par" })"),
            Lines{"x: spec.members[1]: repeats spec.members[0]"});
}

TEST(SteeringMembers, AreNeededForFailover) {
  EXPECT_EQ(complaints("method: STEERING_METHOD_FAILOVER"),
            Lines{"x: spec.members: is missing: failover goes through its members in order"});
}

TEST(SteeringMembers, AreLocationsWhereDistanceDecides) {
  EXPECT_EQ(complaints(R"(members { policy: "near" })"),
            Lines{"x: spec.members[0].policy: proximity ranks locations only; nest policies in one "
                  "whose method is failover, weighted, round_robin or consistent_hash"});
}

TEST(SteeringMembers, HaveNoHugeWeights) {
  EXPECT_EQ(complaints(R"(method: STEERING_METHOD_WEIGHTED
                          members { location: "par" weight: 1000001 })"),
            Lines{"x: spec.members[0].weight: 1000001 is more than 1000000"});
}

TEST(SteeringMembers, MustHoldWhatAnOverridePrefers) {
  EXPECT_EQ(complaints(R"(members { location: "par" }
                          overrides { countries: "SG" locations: "sin" })"),
            Lines{"x: spec.overrides[0].locations[0]: 'sin' is no member of this policy: make it "
                  "one, or prefer it in the nested policy that leads there"});
  EXPECT_EQ(complaints(R"(members { location: "par" } overrides {
                            countries: "SG" locations: "sin" action: OVERRIDE_ACTION_DENY })"),
            Lines{});
}

TEST(SteeringMembers, LeaveNoRoomForAPrefixMapButByDistance) {
  EXPECT_EQ(complaints_with({R"(name: "m" prefix_map {
                                  entries { prefix: "203.0.113.0/24" locations: "par" } })",
                             R"(name: "x" steering_policy { method: STEERING_METHOD_ROUND_ROBIN
                                  prefix_map: "m" })"}),
            Lines{"x: spec.prefix_map: matters to proximity only"});
}

std::string failover(const std::string& name, const std::string& below) {
  return "name: '" + name + "' steering_policy { method: STEERING_METHOD_FAILOVER members { " +
         below + " } }";
}

TEST(NestedPolicies, NeverLeadBackToThemselves) {
  EXPECT_EQ(complaints_with({failover("a", "policy: 'b'"), failover("b", "policy: 'c'"),
                             failover("c", "policy: 'b'")}),
            (Lines{"b: spec.members[0].policy: leads back to itself: b > c > b",
                   "c: spec.members[0].policy: leads back to itself: c > b > c"}));
  EXPECT_EQ(complaints_with({failover("a", "policy: 'a'")}),
            Lines{"a: spec.members[0].policy: leads back to itself: a > a"});
}

TEST(NestedPolicies, NestFourDeepAtMost) {
  EXPECT_EQ(complaints_with({failover("a", "policy: 'b'"), failover("b", "policy: 'c'"),
                             failover("c", "policy: 'd'"), failover("d", "location: 'par'")}),
            Lines{});
  EXPECT_EQ(complaints_with({failover("a", "policy: 'b'"), failover("b", "policy: 'c'"),
                             failover("c", "policy: 'd'"), failover("d", "policy: 'e'"),
                             failover("e", "location: 'par'")}),
            Lines{"a: spec.members[0].policy: makes policies nest more than 4 deep"});
}

TEST(PanicAddresses, BelongToTheFixedMode) {
  EXPECT_EQ(complaints("panic_mode: PANIC_MODE_FIXED"),
            Lines{"x: spec.panic_addresses: is missing: panic_mode fixed answers with them"});
  EXPECT_EQ(complaints("panic_addresses: '192.0.2.1'"),
            Lines{"x: spec.panic_addresses: matters to panic_mode fixed only"});
  EXPECT_EQ(complaints("panic_mode: PANIC_MODE_FIXED panic_addresses: '192.0.2.1' "
                       "panic_addresses: '::' panic_addresses: '192.0.2.1'"),
            (Lines{"x: spec.panic_addresses[1]: '::' is nobody's address",
                   "x: spec.panic_addresses[2]: repeats spec.panic_addresses[0]"}));
}

TEST(HostnamePolicies, AreForHostnamesOfTheSite) {
  EXPECT_EQ(complaints_with({R"(name: "www" site {
              hostnames: "www.shop.example" hostnames: "shop.example"
              origin_pool: "shop" certificate: "shop"
              hostname_policies { hostname: "shop.example" steering_policy: "near" }
              hostname_policies { hostname: "api.shop.example" steering_policy: "nera" }
              hostname_policies { hostname: "shop.example" steering_policy: "near" } })"}),
            (Lines{"www: spec.hostname_policies[1].hostname: 'api.shop.example' is none of this "
                   "site's spec.hostnames",
                   "www: spec.hostname_policies[1].steering_policy: there is no SteeringPolicy "
                   "'nera'; did you mean 'near'?",
                   "www: spec.hostname_policies[2].hostname: repeats "
                   "spec.hostname_policies[0].hostname"}));
}

}  // namespace
}  // namespace meridian::control
