#include "controller/model/change.h"

#include <gtest/gtest.h>

#include "controller/model/test_configuration.h"

namespace meridian::control {
namespace {

v1::ApplyRequest upserting(const v1::Resource& resource) {
  v1::ApplyRequest request;
  *request.add_upserts() = resource;
  return request;
}

v1::ApplyRequest deleting(v1::Kind kind, const std::string& name) {
  v1::ApplyRequest request;
  request.add_deletes()->set_kind(kind);
  request.mutable_deletes(0)->set_name(name);
  return request;
}

TEST(Propose, TellsWhatBecomesOfEachResource) {
  auto request = upserting(resource_of(R"(name: "nyc" location { latitude: 40 longitude: -74 })"));
  *request.add_upserts() = resource_of(R"(name: "par" location { latitude: 48 longitude: 2 })");
  *request.add_upserts() =
      resource_of(R"(name: "sin" location { latitude: 1.35 longitude: 103.82 })");
  request.add_deletes()->set_kind(v1::KIND_RULE);
  request.mutable_deletes(0)->set_name("no-admin");

  const auto proposal = propose(good_configuration(), request);
  EXPECT_TRUE(proposal.violations.empty());
  ASSERT_EQ(proposal.changes.size(), 3u) << "sin is as it was";
  EXPECT_EQ(proposal.changes[0].resource().name(), "nyc");
  EXPECT_EQ(proposal.changes[0].action(), v1::Change::ACTION_CREATED);
  EXPECT_FALSE(proposal.changes[0].has_before());
  EXPECT_EQ(proposal.changes[1].resource().name(), "par");
  EXPECT_EQ(proposal.changes[1].action(), v1::Change::ACTION_UPDATED);
  EXPECT_EQ(proposal.changes[1].before().location().latitude(), 48.86);
  EXPECT_EQ(proposal.changes[1].after().location().latitude(), 48);
  EXPECT_EQ(proposal.changes[2].resource().kind(), v1::KIND_RULE);
  EXPECT_EQ(proposal.changes[2].action(), v1::Change::ACTION_DELETED);
  EXPECT_FALSE(proposal.changes[2].has_after());
  EXPECT_EQ(proposal.configuration.find(v1::KIND_RULE, "no-admin"), nullptr);
  EXPECT_NE(proposal.configuration.find(v1::KIND_LOCATION, "nyc"), nullptr);
}

TEST(Propose, RefusesToDeleteWhatIsNotThere) {
  const auto proposal = propose(good_configuration(), deleting(v1::KIND_SITE, "shop"));
  ASSERT_EQ(proposal.violations.size(), 1u);
  EXPECT_EQ(proposal.violations[0].reason(), "cannot be deleted: there is no Site 'shop'");
  EXPECT_TRUE(proposal.changes.empty());
}

TEST(Propose, RefusesTheSameResourceTwice) {
  auto request = upserting(resource_of(R"(name: "par" location { latitude: 1 longitude: 2 })"));
  *request.add_upserts() = request.upserts(0);
  auto proposal = propose(good_configuration(), request);
  ASSERT_EQ(proposal.violations.size(), 1u);
  EXPECT_EQ(proposal.violations[0].reason(),
            "Location 'par' stands twice in this change; keep one");

  request = upserting(request.upserts(0));
  request.MergeFrom(deleting(v1::KIND_LOCATION, "par"));
  proposal = propose(good_configuration(), request);
  EXPECT_EQ(proposal.violations.size(), 1u) << "upserted and deleted";
}

TEST(Propose, RefusesAResourceWithoutAKind) {
  const auto proposal = propose(Configuration{}, upserting(resource_of(R"(name: "x")")));
  ASSERT_EQ(proposal.violations.size(), 1u);
  EXPECT_EQ(proposal.violations[0].field(), "kind");
}

TEST(Propose, KeepsTheKeyOfACertificateThatComesWithout) {
  const auto base = good_configuration();
  const auto& held = *base.find(v1::KIND_CERTIFICATE, "shop");
  EXPECT_TRUE(propose(base, upserting(without_secrets(held))).changes.empty());

  const auto renewed = propose(base, upserting(certificate_of("shop", "DNS:shop.example")));
  ASSERT_EQ(renewed.changes.size(), 1u);
  EXPECT_EQ(renewed.changes[0].before().certificate().private_key_pem(), "");
  EXPECT_EQ(renewed.changes[0].after().certificate().private_key_pem(), "");
  EXPECT_NE(renewed.changes[0].after().certificate().chain_pem(), "");
}

TEST(Propose, KeepsAndHidesTheSecretOfATsigKey) {
  auto base = good_configuration();
  base.upsert(resource_of(R"(name: "k" tsig_key { secret: "AAECAwQFBgcICQoLDA0ODw==" })"));
  const auto proposal = propose(
      base,
      upserting(resource_of(R"(name: "k" tsig_key { algorithm: TSIG_ALGORITHM_HMAC_SHA512 })")));
  EXPECT_EQ(proposal.configuration.find(v1::KIND_TSIG_KEY, "k")->tsig_key().secret(),
            "AAECAwQFBgcICQoLDA0ODw==");
  ASSERT_EQ(proposal.changes.size(), 1u);
  EXPECT_EQ(proposal.changes[0].before().tsig_key().secret(), "");
  EXPECT_EQ(proposal.changes[0].after().tsig_key().secret(), "");
}

TEST(Propose, KeepsAndHidesTheSecretHeaderOfAPool) {
  auto base = good_configuration();
  const auto pool = [](const std::string& header) {
    return resource_of(R"(name: "shop" origin_pool { origins { host: "a" } secret_header {)" +
                       header + "} }");
  };
  base.upsert(pool(R"(name: "x-edge" value: "s3cret")"));
  const auto value = [](const Proposal& proposal) {
    return proposal.configuration.find(v1::KIND_ORIGIN_POOL, "shop")
        ->origin_pool()
        .secret_header()
        .value();
  };
  const auto shown = without_secrets(*base.find(v1::KIND_ORIGIN_POOL, "shop"));
  EXPECT_EQ(shown.origin_pool().secret_header().value(), "");
  EXPECT_TRUE(propose(base, upserting(shown)).changes.empty());
  EXPECT_EQ(value(propose(base, upserting(shown))), "s3cret");

  const auto next = propose(base, upserting(pool(R"(name: "x-edge" value: "new\r\n")")));
  EXPECT_EQ(value(next), "new") << "a file ends in a line break";
  ASSERT_EQ(next.changes.size(), 1u);
  EXPECT_EQ(next.changes[0].before().origin_pool().secret_header().value(), "");
  EXPECT_EQ(next.changes[0].after().origin_pool().secret_header().value(), "");

  const auto plain = without_secrets(*good_configuration().find(v1::KIND_ORIGIN_POOL, "shop"));
  EXPECT_FALSE(plain.origin_pool().has_secret_header());
}

TEST(Propose, KeepsAndHidesTheSecretsOfARule) {
  auto base = good_configuration();
  base.upsert(resource_of(R"(name: "partners" rule {
      require_secret { header: "X-Key" values: "old" values: "new" } })"));
  const auto shown = without_secrets(*base.find(v1::KIND_RULE, "partners"));
  EXPECT_TRUE(shown.rule().require_secret().values().empty());
  EXPECT_EQ(shown.rule().require_secret().header(), "X-Key");
  EXPECT_TRUE(propose(base, upserting(shown)).changes.empty());

  const auto next = propose(base, upserting(resource_of(R"(name: "partners" rule {
      require_secret { header: "X-Key" values: "new\n" } })")));
  const auto& held = next.configuration.find(v1::KIND_RULE, "partners")->rule().require_secret();
  ASSERT_EQ(held.values_size(), 1);
  EXPECT_EQ(held.values(0), "new") << "a file ends in a line break";
  ASSERT_EQ(next.changes.size(), 1u);
  EXPECT_TRUE(next.changes[0].before().rule().require_secret().values().empty());
  EXPECT_TRUE(next.changes[0].after().rule().require_secret().values().empty());
}

TEST(Propose, KeepsAndHidesTheDebugTokenOfEdges) {
  auto base = good_configuration();
  base.upsert(resource_of(R"(name: "default" edge_settings { debug_token: "0123456789abcdef" })"));
  const auto next = propose(
      base, upserting(resource_of(R"(name: "default" edge_settings { server_timing: true })")));
  EXPECT_EQ(
      next.configuration.find(v1::KIND_EDGE_SETTINGS, "default")->edge_settings().debug_token(),
      "0123456789abcdef");
  ASSERT_EQ(next.changes.size(), 1u);
  EXPECT_EQ(next.changes[0].before().edge_settings().debug_token(), "");
  EXPECT_EQ(next.changes[0].after().edge_settings().debug_token(), "");
}

}  // namespace
}  // namespace meridian::control
