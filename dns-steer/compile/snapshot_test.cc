#include "dns-steer/compile/snapshot.h"

#include <gtest/gtest.h>

#include "common/snapshot/snapshot.h"
#include "dns-steer/compile/publish.h"
#include "dns-steer/probe/targets.h"
#include "dns-steer/query/test_answers.h"
#include "dns-steer/zone/lookup.h"

namespace meridian::dns {
namespace {

v1::Resource named(const std::string& name) {
  v1::Resource resource;
  resource.set_name(name);
  return resource;
}

v1::Resource location(const std::string& name, double latitude, double longitude) {
  auto resource = named(name);
  resource.mutable_location()->set_latitude(latitude);
  resource.mutable_location()->set_longitude(longitude);
  return resource;
}

v1::Resource edge(const std::string& name, const std::string& at, const std::string& address) {
  auto resource = named(name);
  resource.mutable_node()->set_role(v1::ROLE_EDGE);
  resource.mutable_node()->set_location(at);
  resource.mutable_node()->add_addresses(address);
  return resource;
}

v1::Resource site(const std::string& name, const std::string& hostname) {
  auto resource = named(name);
  resource.mutable_site()->add_hostnames(hostname);
  return resource;
}

v1::Snapshot snapshot_of(const std::vector<v1::Resource>& resources) {
  v1::Snapshot snapshot;
  snapshot.set_revision(3);
  snapshot.set_role(v1::ROLE_DNS);
  for (const auto& resource : resources) pack_resource(resource, snapshot);
  return snapshot;
}

std::string refusal(const std::vector<v1::Resource>& resources) {
  Geography geography({});
  const auto compiled = compile_snapshot(snapshot_of(resources), geography);
  return compiled ? "none" : compiled.error().text();
}

const std::vector<v1::Resource> kFleet{
    location("nyc", 40.7, -74), location("fra", 50.1, 8.7), edge("edge-fra", "fra", "192.0.2.1"),
    edge("edge-nyc", "nyc", "192.0.2.2"), site("shop", "*.shop.test")};

TEST(CompileSnapshot, OrdersLocationsByName) {
  Geography geography({});
  const auto compiled = compile_snapshot(snapshot_of(kFleet), geography);
  ASSERT_TRUE(compiled) << compiled.error().text();
  const auto& fleet = (*compiled)->fleet;
  EXPECT_EQ(fleet.locations[0].name, "fra");
  EXPECT_EQ(fleet.locations[1].name, "nyc");
  EXPECT_EQ((*compiled)->revision, Revision{3});
}

TEST(CompileSnapshot, SaysWhichResourceIsWrong) {
  EXPECT_EQ(refusal({edge("edge-fra", "fra", "192.0.2.1")}),
            "node edge-fra: spec.location: there is no location 'fra'");
  EXPECT_EQ(refusal({location("fra", 95, 0)}),
            "location fra: its coordinates are not on the Earth");
  EXPECT_EQ(refusal({location("fra", 50, 8), edge("e", "fra", "192.0.2")}),
            "node e: spec.addresses[0]: '192.0.2' is not an IPv4 or IPv6 address");
  auto lost = site("shop", "www.shop.test");
  lost.mutable_site()->set_steering_policy("near");
  EXPECT_EQ(refusal({lost}), "site shop: spec.steering_policy: there is no steering policy 'near'");
  auto policy = named("near");
  policy.mutable_steering_policy()->add_overrides()->add_client_prefixes("10.0.0.1/8");
  EXPECT_EQ(refusal({policy}),
            "steering policy near: spec.overrides[0]: client_prefixes: '10.0.0.1/8' has bits set "
            "past its length; did you mean 10.0.0.0/8?");
  v1::Snapshot foreign;
  foreign.set_role(v1::ROLE_EDGE);
  Geography geography({});
  EXPECT_EQ(compile_snapshot(foreign, geography).error().text(),
            "snapshot: was not made for a DNS node");
}

v1::Resource failover(const std::string& name, const std::string& below) {
  auto resource = named(name);
  auto& policy = *resource.mutable_steering_policy();
  policy.set_method(v1::STEERING_METHOD_FAILOVER);
  policy.add_members()->set_policy(below);
  return resource;
}

TEST(CompileSnapshot, RefusesPoliciesThatLeadBackToThemselves) {
  EXPECT_EQ(refusal({failover("a", "b"), failover("b", "a")}),
            "steering policy b: spec.members[0].policy: leads back to itself: a > b > a");
  EXPECT_EQ(refusal({failover("a", "b")}),
            "steering policy a: spec.members[0]: policy: there is no steering policy 'b'");
}

TEST(CompileSnapshot, MakesNoTableForWhomPlacesDoNotMatter) {
  Geography geography({});
  auto resources = kFleet;
  resources.push_back(named("turns"));
  resources.back().mutable_steering_policy()->set_method(v1::STEERING_METHOD_ROUND_ROBIN);
  const auto compiled = compile_snapshot(snapshot_of(resources), geography).value();
  EXPECT_EQ(compiled->fleet.policies[1].places, nullptr);
  EXPECT_TRUE(compiled->fleet.policies[1].by_chance);
}

TEST(CompileSnapshot, KeepsTablesWhenNeitherLocationsNorOverridesChanged) {
  Geography geography({});
  const auto first = compile_snapshot(snapshot_of(kFleet), geography).value();
  auto resources = kFleet;
  resources.push_back(site("other", "www.other.test"));
  const auto second = compile_snapshot(snapshot_of(resources), geography).value();
  EXPECT_EQ(first->fleet.policies[0].places, second->fleet.policies[0].places);
  resources[0] = location("nyc", 41, -74);
  const auto third = compile_snapshot(snapshot_of(resources), geography).value();
  EXPECT_NE(first->fleet.policies[0].places, third->fleet.policies[0].places);
}

TEST(CompileSnapshot, SharesOneTableAndOneSetOfCandidates) {
  Geography geography({});
  auto resources = kFleet;
  resources.push_back(named("near"));
  resources.back().mutable_steering_policy();
  resources.push_back(site("other", "www.other.test"));
  resources.back().mutable_site()->set_steering_policy("near");
  const auto compiled = compile_snapshot(snapshot_of(resources), geography).value();
  EXPECT_EQ(compiled->fleet.policies[0].places, compiled->fleet.policies[1].places);
  EXPECT_EQ(compiled->fleet.candidates.size(), 1u);
}

TEST(CompileSnapshot, LeadsNetworksAsThePrefixMapSays) {
  Geography geography({});
  auto resources = kFleet;
  auto map = named("measured");
  map.mutable_prefix_map()->add_entries()->set_prefix("10.0.0.0/8");
  map.mutable_prefix_map()->mutable_entries(0)->add_locations("nyc");
  resources.push_back(map);
  auto policy = named("near");
  policy.mutable_steering_policy()->set_prefix_map("measured");
  resources.push_back(policy);
  const auto compiled = compile_snapshot(snapshot_of(resources), geography);
  ASSERT_TRUE(compiled) << compiled.error().text();
  const auto& fleet = (*compiled)->fleet;
  const auto first = [&](std::size_t number, const char* client) {
    const auto hit = fleet.policies[number].places->find(parse_address(client).value());
    return fleet.locations[hit.ranking[0]].name;
  };
  EXPECT_EQ(first(1, "10.1.2.3"), "nyc");
  EXPECT_EQ(first(1, "11.1.2.3"), "fra");
  EXPECT_EQ(first(0, "10.1.2.3"), "fra") << "only policies that name it follow it";
  resources.back().mutable_steering_policy()->set_prefix_map("lost");
  EXPECT_EQ(refusal(resources),
            "steering policy near: spec.prefix_map: there is no prefix map 'lost'");
}

TEST(ProbeTargets, AskForAHostnameThatTheEdgeServes) {
  Geography geography({});
  auto resources = kFleet;
  resources.back().mutable_site()->add_locations("nyc");
  resources[3].mutable_node()->set_https_port(8443);
  const auto compiled = compile_snapshot(snapshot_of(resources), geography).value();
  const auto targets = probe_targets(compiled->fleet);
  ASSERT_EQ(targets.size(), 2u);
  EXPECT_EQ(targets[0].node, "edge-fra");
  EXPECT_EQ(targets[0].name.hostname, "") << "fra serves no site: TCP alone";
  EXPECT_EQ(targets[0].endpoints[0].text(), "192.0.2.1:443");
  EXPECT_EQ(targets[1].name.hostname, "health.shop.test");
  EXPECT_EQ(targets[1].endpoints[0].text(), "192.0.2.2:8443");
}

v1::Resource with_client_certificate(v1::Resource site) {
  site.mutable_site()->mutable_client_certificate()->set_ca_pem("authorities");
  return site;
}

/// Of the first edge, as the sites of `resources` leave it.
ProbedName probed_name(const std::vector<v1::Resource>& resources) {
  Geography geography({});
  return probe_targets(compile_snapshot(snapshot_of(resources), geography).value()->fleet)[0].name;
}

TEST(ProbeTargets, AskForASiteThatDemandsNoCertificate) {
  auto resources = kFleet;
  resources.back() = with_client_certificate(site("api", "api.test"));
  resources.push_back(site("shop", "*.shop.test"));
  EXPECT_EQ(probed_name(resources).hostname, "health.shop.test");
  EXPECT_FALSE(probed_name(resources).demands_certificate);
  resources.push_back(with_client_certificate(site("partners", "www.partners.test")));
  resources.back().mutable_site()->mutable_client_certificate()->set_required(false);
  EXPECT_EQ(probed_name(resources).hostname, "www.partners.test") << "no wildcard is needed";
  EXPECT_FALSE(probed_name(resources).demands_certificate);
}

TEST(ProbeTargets, SayWhereEverySiteDemandsACertificate) {
  auto resources = kFleet;
  resources.back() = with_client_certificate(site("api", "*.api.test"));
  resources.back().mutable_site()->add_hostnames("api.test");
  EXPECT_EQ(probed_name(resources).hostname, "api.test");
  EXPECT_TRUE(probed_name(resources).demands_certificate);
}

TEST(ProbeTargets, FillAWildcardWithALabelOfNoOtherSite) {
  auto resources = kFleet;
  resources.push_back(with_client_certificate(site("health", "health.shop.test")));
  EXPECT_EQ(probed_name(resources).hostname, "health2.shop.test");
}

class PublisherTest : public ::testing::Test {
 protected:
  std::shared_ptr<const Snapshot> compiled() {
    Geography geography({});
    return compile_snapshot(snapshot_of(kFleet), geography).value();
  }
  v1::HealthUpdate verdict(bool healthy) {
    v1::HealthUpdate update;
    update.mutable_valid_for()->set_seconds(3);
    update.add_edges()->set_node("edge-fra");
    update.mutable_edges(0)->set_healthy(healthy);
    return update;
  }

  const Instant start_{std::chrono::hours(1)};
  std::vector<std::shared_ptr<const Serving>> sunk_;
  Publisher publisher_{
      [this](std::shared_ptr<const Serving> serving) { sunk_.push_back(std::move(serving)); }};
};

TEST_F(PublisherTest, WaitsForTheFirstSnapshot) {
  publisher_.take(verdict(false), start_);
  EXPECT_TRUE(sunk_.empty());
  publisher_.take(compiled(), start_);
  ASSERT_EQ(sunk_.size(), 1u);
  EXPECT_FALSE(sunk_[0]->health.is_up(0)) << "what was said before counts";
}

TEST_F(PublisherTest, PublishesOnlyNews) {
  publisher_.take(compiled(), start_);
  publisher_.take(verdict(true), start_);
  ASSERT_EQ(sunk_.size(), 2u) << "verdicts are fresh now";
  publisher_.take(verdict(true), start_);
  publisher_.tick(start_);
  EXPECT_EQ(sunk_.size(), 2u);
  publisher_.take(verdict(false), start_);
  ASSERT_EQ(sunk_.size(), 3u);
  EXPECT_EQ(sunk_[2]->snapshot, sunk_[0]->snapshot) << "health never recompiles";
}

TEST_F(PublisherTest, LaysOutNewLoadAndNothingElse) {
  auto resources = kFleet;
  for (auto& resource : resources)
    if (resource.name() == "edge-fra")
      resource.mutable_node()->mutable_capacity()->set_requests_in_flight(100);
  Geography geography({});
  publisher_.take(compile_snapshot(snapshot_of(resources), geography).value(), start_);
  auto update = verdict(true);
  update.mutable_edges(0)->set_utilisation(0.5);
  publisher_.take(update, start_);
  ASSERT_EQ(sunk_.size(), 2u);
  EXPECT_EQ(sunk_[1]->load.edge_percent[0], 50);
  update.mutable_edges(0)->set_utilisation(0.501);
  publisher_.take(update, start_);
  EXPECT_EQ(sunk_.size(), 2u) << "that is no news";
  update.mutable_edges(0)->set_utilisation(0.6);
  publisher_.take(update, start_);
  ASSERT_EQ(sunk_.size(), 3u);
  EXPECT_EQ(sunk_[2]->load.edge_percent[0], 60);
  EXPECT_EQ(sunk_[2]->shared_health, sunk_[1]->shared_health);
}

TEST_F(PublisherTest, NoticesThatVerdictsGrowStale) {
  publisher_.take(compiled(), start_);
  publisher_.take(verdict(false), start_);
  publisher_.tick(start_ + std::chrono::seconds(4));
  ASSERT_EQ(sunk_.size(), 3u);
  EXPECT_FALSE(sunk_[2]->health.verdicts_fresh());
  EXPECT_TRUE(sunk_[2]->health.is_up(0));
}

TEST_F(PublisherTest, FreesWhatNobodyUsesAnyMore) {
  publisher_.take(compiled(), start_);
  publisher_.take(verdict(false), start_);
  const std::weak_ptr<const Serving> first = sunk_[0];
  publisher_.tick(start_);
  EXPECT_FALSE(first.expired()) << "a worker may hold it";
  sunk_.clear();
  EXPECT_FALSE(first.expired()) << "a worker that lets go does not pay for freeing it";
  publisher_.tick(start_);
  EXPECT_TRUE(first.expired());
}

TEST(SignedSecondary, IsServedWithoutWhatItsPrimarySaysOfSigning) {
  const auto serving = testing::serving_from(R"(
kind: Zone
name: a.test
spec: {sign: true, primaries: [{address: 192.0.2.9}]}
---
kind: ZoneContent
name: a.test
spec:
  primary: 192.0.2.9
  zone:
    serial: 5
    nameservers: [ns.other.test.]
    records:
      - {name: "@", type: NSEC3PARAM, data: ["1 0 0 -"]}
      - {name: text, type: TXT, data: [one]}
)");
  const auto& zones = serving->snapshot->zones;
  ASSERT_EQ(zones.zones.size(), 1u);
  EXPECT_TRUE(zones.zones[0].is_signed);
  EXPECT_EQ(serial_of(zones, 0), 5u);
  const auto& apex = zones.nodes[zones.zones[0].apex];
  EXPECT_NE(zones.set_of(apex, 48), nullptr) << "DNSKEY";
  EXPECT_EQ(zones.set_of(apex, 51), nullptr) << "NSEC3PARAM";
}

}  // namespace
}  // namespace meridian::dns
