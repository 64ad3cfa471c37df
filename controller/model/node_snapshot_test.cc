#include "controller/model/node_snapshot.h"

#include <algorithm>

#include <gtest/gtest.h>

#include "common/config/documents.h"
#include "common/snapshot/snapshot.h"
#include "controller/model/test_configuration.h"

namespace meridian::control {
namespace {

using Names = std::vector<std::string>;

const NodeSecrets kSecrets = [] {
  NodeSecrets secrets;
  secrets.cookie_secrets.emplace_back().set_secret("0123456789abcdef");
  secrets.edge_secrets.emplace_back().set_secret("fedcba9876543210");
  return secrets;
}();

Names names(const v1::Snapshot& snapshot) {
  Names names;
  for (const auto& resource : unpack_resources(snapshot).value())
    names.push_back(std::string(config::kind_text(config::kind_of(resource))) + " " +
                    resource.name());
  return names;
}

TEST(NodeSnapshot, GivesAnEdgeItsOwnSitesOnly) {
  const auto par = node_snapshot(good_configuration(), kSecrets, Revision{7}, "edge-par");
  ASSERT_TRUE(par);
  EXPECT_EQ(par->revision(), 7u);
  EXPECT_EQ(par->node(), "edge-par");
  EXPECT_EQ(par->role(), v1::ROLE_EDGE);
  EXPECT_EQ(names(*par), (Names{"Location par", "Location sin", "Node edge-par", "Site www",
                                "OriginPool shop", "Rule no-admin", "Certificate shop"}));

  const auto sin = node_snapshot(good_configuration(), kSecrets, Revision{7}, "edge-sin");
  ASSERT_TRUE(sin);
  EXPECT_EQ(names(*sin), (Names{"Location par", "Location sin", "Node edge-sin"}))
      << "the site is served in par only";
}

TEST(NodeSnapshot, NeverGivesADnsNodeAKeyOrAnOrigin) {
  const auto snapshot = node_snapshot(good_configuration(), kSecrets, Revision{7}, "dns-par");
  ASSERT_TRUE(snapshot);
  EXPECT_EQ(snapshot->role(), v1::ROLE_DNS);
  EXPECT_EQ(names(*snapshot),
            (Names{"Location par", "Location sin", "Node dns-par", "Node edge-par", "Node edge-sin",
                   "Zone shop.example", "Site www", "SteeringPolicy near"}));
}

TEST(NodeSnapshot, KnowsNoUndeclaredNode) {
  const auto snapshot = node_snapshot(good_configuration(), kSecrets, Revision{7}, "edge-lon");
  ASSERT_FALSE(snapshot);
  EXPECT_EQ(snapshot.error().what, "no Node 'edge-lon' is declared");
}

TEST(NodeSnapshot, IsTheSameBytesEachTime) {
  EXPECT_EQ(
      node_snapshot(good_configuration(), kSecrets, Revision{1}, "edge-par")->SerializeAsString(),
      node_snapshot(good_configuration(), kSecrets, Revision{1}, "edge-par")->SerializeAsString());
}

TEST(NodeSnapshot, GivesTheCookieSecretToDnsNodesOnly) {
  const auto secrets = [](const std::string& node) {
    return node_snapshot(good_configuration(), kSecrets, Revision{1}, node)->cookie_secrets();
  };
  ASSERT_EQ(secrets("dns-par").size(), 1);
  v1::CookieSecret given;
  ASSERT_TRUE(given.ParseFromString(secrets("dns-par").at(0)));
  EXPECT_EQ(given.secret(), "0123456789abcdef");
  EXPECT_TRUE(secrets("edge-par").empty());
}

TEST(NodeSnapshot, GivesTheSecretOfStickyCookiesToEdgesOnly) {
  const auto secrets = [](const std::string& node) {
    return node_snapshot(good_configuration(), kSecrets, Revision{1}, node)->edge_secrets();
  };
  for (const auto* edge : {"edge-par", "edge-sin"}) {
    ASSERT_EQ(secrets(edge).size(), 1);
    v1::CookieSecret given;
    ASSERT_TRUE(given.ParseFromString(secrets(edge).at(0)));
    EXPECT_EQ(given.secret(), "fedcba9876543210");
  }
  EXPECT_TRUE(secrets("dns-par").empty());
}

TEST(NodeSnapshot, GivesAClientCertificateToEdgesWithASiteOfThatPoolOnly) {
  auto configuration = good_configuration();
  configuration.upsert(certificate_of("edges", ""));
  auto pool = *configuration.find(v1::KIND_ORIGIN_POOL, "shop");
  pool.mutable_origin_pool()->mutable_tls()->set_client_certificate("edges");
  configuration.upsert(pool);
  const auto has_it = [&](const std::string& node) {
    const auto all = names(node_snapshot(configuration, kSecrets, Revision{1}, node).value());
    return std::count(all.begin(), all.end(), "Certificate edges") == 1;
  };
  EXPECT_TRUE(has_it("edge-par"));
  EXPECT_FALSE(has_it("edge-sin")) << "the site is served in par only";
  EXPECT_FALSE(has_it("dns-par"));
}

TEST(NodeSnapshot, GivesAnEdgeElsewhereTheEdgesOfAShieldThatItsSitesUse) {
  auto configuration = good_configuration();
  auto site = *configuration.find(v1::KIND_SITE, "www");
  site.mutable_site()->add_locations("sin");
  configuration.upsert(site);
  configuration.upsert(resource_of(
      R"(name: "edge-lon" node { role: ROLE_EDGE location: "par" addresses: "192.0.2.3" })"));
  const auto nodes = [&](const std::string& node) {
    auto all = names(node_snapshot(configuration, kSecrets, Revision{1}, node).value());
    std::erase_if(all, [](const auto& name) { return !name.starts_with("Node "); });
    return all;
  };
  EXPECT_EQ(nodes("edge-sin"), (Names{"Node edge-sin"}));
  auto pool = *configuration.find(v1::KIND_ORIGIN_POOL, "shop");
  pool.mutable_origin_pool()->mutable_shield()->set_location("par");
  configuration.upsert(pool);
  EXPECT_EQ(nodes("edge-sin"), (Names{"Node edge-lon", "Node edge-par", "Node edge-sin"}));
  EXPECT_EQ(nodes("edge-par"), (Names{"Node edge-par"})) << "it fetches from the origins";
}

TEST(NodeSnapshot, GivesKeysOfSignedZonesToDnsNodesOnly) {
  auto secrets = kSecrets;
  for (const auto* zone : {"shop.example", "gone.example"}) {
    v1::ZoneKeys keys;
    keys.set_zone(zone);
    secrets.zone_keys[zone] = std::make_shared<const v1::ZoneKeys>(keys);
  }
  auto configuration = good_configuration();
  const auto keys_for = [&](const std::string& node) {
    return node_snapshot(configuration, secrets, Revision{1}, node)->zone_keys();
  };
  EXPECT_TRUE(keys_for("dns-par").empty()) << "no zone is signed";
  auto zone = *configuration.find(v1::KIND_ZONE, "shop.example");
  zone.mutable_zone()->set_sign(true);
  configuration.upsert(zone);
  ASSERT_EQ(keys_for("dns-par").size(), 1);
  v1::ZoneKeys given;
  ASSERT_TRUE(given.ParseFromString(keys_for("dns-par").at(0)));
  EXPECT_EQ(given.zone(), "shop.example");
  EXPECT_TRUE(keys_for("edge-par").empty());
}

}  // namespace
}  // namespace meridian::control
