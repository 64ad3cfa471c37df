#include "edge-node/compile/compile.h"

#include <gtest/gtest.h>

#include "common/snapshot/snapshot.h"
#include "edge-node/compile/compile_rule.h"
#include "edge-node/testing/certificate.h"

namespace meridian::edge {
namespace {

const testing::TestCertificate& certificate() {
  static const auto made = testing::make_test_certificate({"*.shop.example"});
  return made;
}

struct Wanted {
  v1::Site site;
  v1::OriginPool pool;
  v1::Certificate certificate;
};

Wanted valid() {
  Wanted wanted;
  wanted.site.add_hostnames("*.shop.example");
  wanted.site.set_origin_pool("pool");
  wanted.site.set_certificate("certificate");
  wanted.pool.add_origins()->set_host("origin.example");
  wanted.certificate.set_chain_pem(certificate().chain_pem);
  wanted.certificate.set_private_key_pem(certificate().key_pem);
  return wanted;
}

v1::Snapshot pack(const Wanted& wanted) {
  v1::Snapshot snapshot;
  snapshot.set_revision(7);
  v1::Resource resource;
  resource.set_name("shop");
  *resource.mutable_site() = wanted.site;
  pack_resource(resource, snapshot);
  resource.set_name("pool");
  *resource.mutable_origin_pool() = wanted.pool;
  pack_resource(resource, snapshot);
  resource.set_name("certificate");
  *resource.mutable_certificate() = wanted.certificate;
  pack_resource(resource, snapshot);
  return snapshot;
}

std::string error_of(const Wanted& wanted) {
  const auto compiled = Compiler().compile(pack(wanted));
  return compiled ? "" : compiled.error().text();
}

TEST(Compile, FillsInTheDefaults) {
  const auto compiled = Compiler().compile(pack(valid()));
  ASSERT_TRUE(compiled);
  const auto& snapshot = **compiled;
  EXPECT_EQ(snapshot.revision.value, 7u);
  const Site* site = snapshot.find_site("www.shop.example");
  ASSERT_TRUE(site);
  EXPECT_EQ(site->cache.max_ttl, std::chrono::hours(24));
  EXPECT_EQ(site->pool->origins[0]->port, 80);
  EXPECT_EQ(site->pool->first_byte_timeout, std::chrono::seconds(15));
  EXPECT_EQ(site->pool->protocol, OriginProtocol::http1);
}

TEST(Compile, APoolSaysWhatItsOriginsSpeak) {
  auto wanted = valid();
  wanted.pool.set_protocol(v1::ORIGIN_PROTOCOL_HTTP2);
  EXPECT_EQ((*Compiler().compile(pack(wanted)))->pools[0]->protocol, OriginProtocol::http2);
}

TEST(Compile, TakesWhatAnswersAndRequestsCarry) {
  auto wanted = valid();
  auto delivery = (*Compiler().compile(pack(wanted)))->sites[0]->delivery;
  EXPECT_FALSE(delivery.redirect_to_https);
  EXPECT_EQ(delivery.hsts, "");
  EXPECT_TRUE(delivery.forwarding.x_forwarded && delivery.forwarding.via);
  EXPECT_FALSE(delivery.forwarding.forwarded || delivery.forwarding.keep_received);
  wanted.site.set_redirect_to_https(true);
  wanted.site.mutable_hsts()->mutable_max_age()->set_seconds(60);
  wanted.site.mutable_forwarded()->set_x_forwarded(false);
  wanted.site.mutable_forwarded()->set_keep_received(true);
  delivery = (*Compiler().compile(pack(wanted)))->sites[0]->delivery;
  EXPECT_TRUE(delivery.redirect_to_https);
  EXPECT_EQ(delivery.hsts, "max-age=60");
  EXPECT_FALSE(delivery.forwarding.x_forwarded);
  EXPECT_TRUE(delivery.forwarding.keep_received);
}

TEST(Compile, OriginsAndCertificatesThatDidNotChangeStayTheSame) {
  Compiler compiler;
  auto wanted = valid();
  const auto before = *compiler.compile(pack(wanted));
  wanted.pool.add_origins()->set_host("second.example");
  const auto after = *compiler.compile(pack(wanted));
  EXPECT_EQ(before->pools[0]->origins[0], after->pools[0]->origins[0]);
  EXPECT_EQ(before->sites[0]->tls, after->sites[0]->tls);
  EXPECT_EQ(before->sites[0]->purge_name, after->sites[0]->purge_name);
  wanted.pool.mutable_tls();
  const auto with_tls = *compiler.compile(pack(wanted));
  EXPECT_NE(before->pools[0]->origins[0], with_tls->pools[0]->origins[0]);
  EXPECT_EQ(with_tls->pools[0]->origins[0]->port, 443);
}

TEST(Compile, ReadsEveryFieldOfAPool) {
  auto wanted = valid();
  auto& pool = wanted.pool;
  pool.mutable_origins(0)->set_weight(5);
  pool.mutable_origins(0)->set_tier(2);
  pool.set_balance(v1::BALANCE_METHOD_CONSISTENT_HASH);
  pool.set_hash_key(v1::HASH_KEY_CLIENT);
  pool.mutable_total_timeout()->set_seconds(30);
  pool.mutable_idle_timeout()->set_seconds(4);
  pool.mutable_slow_start()->set_seconds(6);
  pool.mutable_ejection()->set_failures(0);
  pool.mutable_ejection()->mutable_duration()->set_seconds(7);
  pool.mutable_ejection()->set_max_percent(8);
  pool.mutable_retry()->set_attempts(1);
  pool.mutable_retry()->set_budget_percent(9);
  pool.mutable_breaker()->set_max_requests(10);
  pool.mutable_breaker()->set_max_connections(11);
  pool.mutable_breaker()->set_max_pending(0);
  pool.mutable_secret_header()->set_name("X-Edge");
  pool.mutable_secret_header()->set_value("secret");
  pool.mutable_sticky_cookie()->set_name("lb");
  pool.mutable_sticky_cookie()->mutable_ttl()->set_seconds(12);
  pool.mutable_probe()->set_type(v1::PROBE_TYPE_TCP);
  pool.mutable_probe()->set_host("probe.example");
  pool.mutable_probe()->set_expect_body("alive");
  pool.mutable_tls()->set_client_certificate("certificate");
  wanted.site.set_rewrite_locations(false);
  auto packed = pack(wanted);
  v1::CookieSecret secret;
  secret.set_secret(std::string(16, 's'));
  secret.set_sign_from(13);
  packed.add_edge_secrets(secret.SerializeAsString());
  const auto compiled = Compiler().compile(packed);
  ASSERT_TRUE(compiled) << compiled.error().text();
  EXPECT_FALSE((*compiled)->sites[0]->rewrite_locations);
  const auto& made = *(*compiled)->pools[0];
  EXPECT_EQ(made.shares[0].weight, 5u);
  EXPECT_EQ(made.shares[0].tier, 2u);
  EXPECT_EQ(made.balance, BalanceMethod::consistent_hash);
  EXPECT_EQ(made.hash_key, HashKey::client);
  EXPECT_EQ(made.total_timeout, std::chrono::seconds(30));
  EXPECT_EQ(made.idle_timeout, std::chrono::seconds(4));
  EXPECT_EQ(made.slow_start, std::chrono::seconds(6));
  EXPECT_EQ(made.ejection.failures, 0u);
  EXPECT_EQ(made.ejection.duration, std::chrono::seconds(7));
  EXPECT_EQ(made.ejection.max_percent, 8u);
  EXPECT_EQ(made.attempts, 1u);
  EXPECT_EQ(made.budget_percent, 9u);
  EXPECT_EQ(made.breaker.max_requests, 10u);
  EXPECT_EQ(made.breaker.max_connections, 11u);
  EXPECT_EQ(made.breaker.max_pending, 0u);
  EXPECT_EQ(made.secret.name, "X-Edge");
  EXPECT_EQ(made.secret.value, "secret");
  ASSERT_TRUE(made.sticky);
  EXPECT_EQ(made.sticky->name, "lb");
  EXPECT_EQ(made.sticky->ttl, std::chrono::seconds(12));
  EXPECT_EQ(made.sticky->value_of(0, WallTime(std::chrono::seconds(14))),
            sticky_value(secret.secret(), "pool", "origin.example:443"));
  EXPECT_EQ(made.probe.type, ProbeType::tcp);
  EXPECT_EQ(made.probe.host, "probe.example");
  EXPECT_EQ(made.probe.expect_body, "alive");
}

TEST(Compile, SaysWhatDoesNotFit) {
  auto wanted = valid();
  wanted.site.set_certificate("other");
  EXPECT_EQ(error_of(wanted), "Site shop: spec.certificate: there is no Certificate 'other'");
  wanted = valid();
  wanted.site.add_rules("other");
  EXPECT_EQ(error_of(wanted), "Site shop: spec.rules[0]: there is no Rule 'other'");
  wanted = valid();
  wanted.site.add_hostnames("*.SHOP.example");
  EXPECT_EQ(error_of(wanted),
            "Site shop: spec.hostnames[1]: '*.SHOP.example' is empty or another site's");
  wanted = valid();
  wanted.certificate.set_private_key_pem(testing::make_test_certificate({"x"}).key_pem);
  EXPECT_TRUE(error_of(wanted).starts_with(
      "Site shop: Certificate certificate: spec.private_key_pem: does not belong to the "
      "certificate"));
  wanted = valid();
  wanted.pool.clear_origins();
  EXPECT_EQ(error_of(wanted), "OriginPool pool: spec.origins: there is none");
  wanted = valid();
  wanted.pool.mutable_tls()->set_client_certificate("other");
  EXPECT_EQ(error_of(wanted),
            "OriginPool pool: spec.tls: client_certificate: there is no Certificate 'other'");
  wanted = valid();
  wanted.pool.mutable_retry()->set_attempts(9);
  EXPECT_EQ(error_of(wanted), "OriginPool pool: spec.retry.attempts: must be 1 to 8");
  wanted = valid();
  wanted.pool.mutable_secret_header()->set_name("X Edge");
  EXPECT_EQ(error_of(wanted),
            "OriginPool pool: spec.secret_header: name: 'X Edge' is not a field name");
  wanted = valid();
  wanted.pool.set_host_header("a\r\nX: y");
  EXPECT_EQ(error_of(wanted), "OriginPool pool: spec.host_header: contains a control character");
}

TEST(CompileRule, RefusesWhatCouldBreakAMessageApart) {
  const auto error = [](const v1::Rule& rule) {
    const std::map<std::string, std::shared_ptr<const OriginPool>> no_pools;
    const auto compiled = compile_rule("rule", rule, {.pools = no_pools});
    return compiled ? "" : compiled.error().text();
  };
  v1::Rule rule;
  EXPECT_EQ(error(rule), "spec: has no action");
  rule.mutable_redirect()->set_location("/a\r\nSet-Cookie: b");
  EXPECT_EQ(error(rule), "spec.redirect.location: is empty or contains a control character");
  rule.mutable_set_response_header()->set_name("X-A");
  rule.mutable_set_response_header()->set_value("b\nc");
  EXPECT_EQ(error(rule), "spec.set_response_header.value: contains a control character");
  rule.mutable_set_request_header()->set_name("X A");
  EXPECT_EQ(error(rule), "spec.set_request_header.name: 'X A' is not a field name");
  rule.mutable_set_request_header()->set_name("Content-Length");
  EXPECT_EQ(error(rule), "spec.set_request_header.name: 'Content-Length' cannot be set");
  rule.mutable_deny()->set_status(200);
  EXPECT_EQ(error(rule), "spec.deny.status: must be 400 to 599");
  rule.mutable_choose_pool()->set_origin_pool("other");
  EXPECT_EQ(error(rule), "spec.choose_pool.origin_pool: there is no OriginPool 'other'");
  rule.mutable_rewrite()->set_path("/${1}");
  EXPECT_EQ(error(rule), "spec.rewrite.path: has '${1}' in it, but path_regex has no groups");
  rule.mutable_match()->set_path_regex("(");
  EXPECT_EQ(error(rule), "spec.match.path_regex: is no regular expression (RE2): missing ): (");
}

}  // namespace
}  // namespace meridian::edge
