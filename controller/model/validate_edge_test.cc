// What edges follow: caches, answers, origins.
#include <gtest/gtest.h>

#include "common/net/address.h"
#include "controller/model/test_configuration.h"
#include "controller/model/validate.h"

namespace meridian::control {
namespace {

/// All that is wrong with the good configuration after a change, a line each.
std::string problems(const std::vector<v1::Resource>& changed) {
  auto configuration = good_configuration();
  for (const auto& resource : changed) configuration.upsert(resource);
  std::string text;
  for (const auto& one : validate(configuration))
    text += (text.empty() ? "" : "\n") + one.field() + ": " + one.reason();
  return text;
}

std::string site(const std::string& fields) {
  return problems({resource_of(R"(name: "www" site { hostnames: "www.shop.example"
                                  origin_pool: "shop" certificate: "shop" )" +
                               fields + "}")});
}
std::string cache(const std::string& fields) { return site("cache {" + fields + "}"); }
std::string pool(const std::string& fields) {
  return problems({resource_of(
      R"(name: "shop" origin_pool { )" + fields +
      (fields.find("origins") == std::string::npos ? R"( origins { host: "a" } })" : "}"))});
}
std::string rule(const std::string& override_cache) {
  return problems({resource_of("name: 'x' rule { override_cache {" + override_cache + "} }")});
}

TEST(ValidateCache, TakesEveryField) {
  EXPECT_EQ(cache(R"(default_ttl { seconds: 60 } max_ttl { seconds: 3600 } max_object_bytes: 1
                     ignore_query_parameters: "utm_*" ignore_query_parameters: "a[b]"
                     key_headers: "Accept-Language" key_cookies: "lang"
                     bypass_cookies: "session*" bypass_cookies: "*"
                     status_ttls { statuses: 404 statuses: 410 ttl { seconds: 5 } }
                     status_ttls { statuses: 500 ttl {} }
                     stale_while_revalidate { seconds: 1 } stale_if_error { seconds: 86400 }
                     max_stale { seconds: 86400 })"),
            "");
  EXPECT_EQ(cache("keep_query_parameters: 'page'"), "");
}

TEST(ValidateCache, WantsWholeSecondsOfAYearAtMost) {
  EXPECT_EQ(cache("default_ttl { nanos: 500000000 }"),
            "spec.cache.default_ttl: 500ms is not a whole number of seconds");
  EXPECT_EQ(cache("stale_while_revalidate { seconds: -1 }"),
            "spec.cache.stale_while_revalidate: -1s is not from 0s to 8760h");
  EXPECT_EQ(cache("stale_if_error { seconds: 31536001 }"),
            "spec.cache.stale_if_error: 8760h1s is not from 0s to 8760h");
  EXPECT_EQ(cache("max_stale { seconds: -1 }"),
            "spec.cache.max_stale: -1s is not from 0s to 8760h");
}

TEST(ValidateCache, SaysWhichPartOfTheKeyIsWrong) {
  EXPECT_EQ(cache("ignore_query: true keep_query_parameters: 'a'"),
            "spec.cache.keep_query_parameters: keeps nothing where ignore_query is true");
  EXPECT_EQ(cache("ignore_query_parameters: 'b' keep_query_parameters: 'a'"),
            "spec.cache.keep_query_parameters: all others are left out anyway: drop "
            "ignore_query_parameters");
  EXPECT_EQ(cache("ignore_query_parameters: ''"),
            "spec.cache.ignore_query_parameters[0]: is empty");
  EXPECT_EQ(cache("ignore_query_parameters: 'a=b'"),
            "spec.cache.ignore_query_parameters[0]: 'a=b' is not the name of a query parameter");
  EXPECT_EQ(cache("ignore_query_parameters: 'a*b'"),
            "spec.cache.ignore_query_parameters[0]: 'a*b': '*' may only stand at the end");
  EXPECT_EQ(cache("keep_query_parameters: 'a*'"),
            "spec.cache.keep_query_parameters[0]: 'a*': here names are compared whole, without "
            "'*'");
  EXPECT_EQ(cache("keep_query_parameters: 'a' keep_query_parameters: 'a'"),
            "spec.cache.keep_query_parameters[1]: repeats spec.cache.keep_query_parameters[0]");
  EXPECT_EQ(cache("key_headers: 'X A'"),
            "spec.cache.key_headers[0]: 'X A' is not a header field name");
  EXPECT_EQ(cache("key_headers: 'Upgrade'"),
            "spec.cache.key_headers[0]: 'Upgrade' belongs to the connection, not to the request");
  EXPECT_EQ(cache("key_headers: 'host'"),
            "spec.cache.key_headers[0]: goes without saying: leave it out");
  EXPECT_EQ(cache("key_headers: 'Cookie'"),
            "spec.cache.key_headers[0]: name the cookies that count in key_cookies instead");
  EXPECT_EQ(cache("key_headers: 'X-A' key_headers: 'x-a'"),
            "spec.cache.key_headers[1]: repeats spec.cache.key_headers[0]");
  EXPECT_EQ(cache("key_cookies: 'a;b'"),
            "spec.cache.key_cookies[0]: 'a;b' is not the name of a cookie");
  EXPECT_EQ(cache("bypass_cookies: '*a'"),
            "spec.cache.bypass_cookies[0]: '*a': '*' may only stand at the end");
  EXPECT_EQ(cache("bypass_cookies: 'a b*'"),
            "spec.cache.bypass_cookies[0]: 'a b*' is not the name of a cookie");
  std::string nine;
  for (char c = 'a'; c <= 'i'; ++c) nine += std::string("key_headers: 'x-") + c + "' ";
  EXPECT_EQ(cache(nine), "spec.cache.key_headers: has more than 8 entries");
}

TEST(ValidateCache, TakesEachStatusOnce) {
  EXPECT_EQ(cache("status_ttls { ttl {} }"),
            "spec.cache.status_ttls[0].statuses: is missing: at least one status");
  EXPECT_EQ(cache("status_ttls { statuses: 404 }"),
            "spec.cache.status_ttls[0].ttl: is missing; 0s: not stored");
  EXPECT_EQ(cache("status_ttls { statuses: 99 statuses: 600 ttl {} }"),
            "spec.cache.status_ttls[0].statuses[0]: 99 is not from 100 to 599\n"
            "spec.cache.status_ttls[0].statuses[1]: 600 is not from 100 to 599");
  EXPECT_EQ(cache("status_ttls { statuses: 404 ttl {} }"
                  "status_ttls { statuses: 410 statuses: 404 ttl {} }"),
            "spec.cache.status_ttls[1].statuses[1]: repeats spec.cache.status_ttls[0].statuses[0]");
  EXPECT_EQ(cache("status_ttls { statuses: 404 ttl { seconds: -1 } }"),
            "spec.cache.status_ttls[0].ttl: -1s is not from 0s to 8760h");
}

TEST(ValidateCache, LetsARuleOverrideSomething) {
  EXPECT_EQ(rule("bypass: true"), "");
  EXPECT_EQ(rule("ttl {}"), "");
  EXPECT_EQ(rule("ttl { seconds: 60 } stale_if_error { seconds: 60 }"), "");
  EXPECT_EQ(rule(""),
            "spec.override_cache: changes nothing: give bypass, ttl, stale_while_revalidate or "
            "stale_if_error");
  EXPECT_EQ(rule("bypass: true ttl {}"),
            "spec.override_cache.bypass: leaves nothing to keep: drop the other fields");
  EXPECT_EQ(rule("stale_while_revalidate { nanos: 1 }"),
            "spec.override_cache.stale_while_revalidate: 1ns is not a whole number of seconds");
}

TEST(ValidateDelivery, TakesEveryField) {
  EXPECT_EQ(site(R"(redirect_to_https: true hsts { include_subdomains: true preload: true }
                    forwarded { x_forwarded: false forwarded: true via: false keep_received: true }
                    compression { codings: "br" codings: "gzip" types: "text/*"
                                  types: "application/ld+json" min_bytes: 0
                                  except_paths: "/account/*" except_paths: "*.key" }
                    rewrite_locations: false)"),
            "");
  EXPECT_EQ(site("hsts {} compression {}"), "");
}

TEST(ValidateDelivery, AsksOfPreloadWhatTheListAsks) {
  EXPECT_EQ(site("hsts { preload: true }"), "spec.hsts.preload: needs include_subdomains: true");
  EXPECT_EQ(site("hsts { preload: true include_subdomains: true max_age { seconds: 31535999 } }"),
            "spec.hsts.preload: needs a max_age of 8760h or more");
  EXPECT_EQ(site("hsts { preload: true include_subdomains: true max_age { seconds: 31536000 } }"),
            "");
  EXPECT_EQ(site("hsts { max_age { seconds: 63072001 } }"),
            "spec.hsts.max_age: 17520h1s is not from 0s to 17520h");
  EXPECT_EQ(site("hsts { max_age { nanos: 1 } }"),
            "spec.hsts.max_age: 1ns is not a whole number of seconds");
}

TEST(ValidateDelivery, SaysWhatOfCompressionIsWrong) {
  EXPECT_EQ(site("compression { codings: 'deflate' }"),
            "spec.compression.codings[0]: 'deflate' is not zstd, br or gzip");
  EXPECT_EQ(site("compression { codings: 'br' codings: 'br' }"),
            "spec.compression.codings[1]: repeats spec.compression.codings[0]");
  EXPECT_EQ(site("compression { types: 'html' }"),
            "spec.compression.types[0]: 'html' is not a media type such as text/html");
  EXPECT_EQ(site("compression { types: 'text/html; charset=utf-8' }"),
            "spec.compression.types[0]: 'text/html; charset=utf-8': media types stand here without "
            "parameters");
  EXPECT_EQ(site("compression { types: '*/*' }"),
            "spec.compression.types[0]: '*/*': '*' stands for all of a kind only, as in text/*");
  EXPECT_EQ(site("compression { types: 'text/x*' }"),
            "spec.compression.types[0]: 'text/x*': '*' stands for all of a kind only, as in "
            "text/*");
  EXPECT_EQ(site("compression { except_paths: 'account' }"),
            "spec.compression.except_paths[0]: 'account' does not begin with '/' or '*'");
  EXPECT_EQ(site("compression { except_paths: '/a?b' }"),
            "spec.compression.except_paths[0]: '/a?b': only the path is compared, never the query");
}

std::string denied(const std::vector<std::string>& clients) {
  v1::Resource settings;
  settings.set_name("default");
  auto& limits = *settings.mutable_edge_settings()->mutable_limits();
  for (const auto& client : clients) limits.add_denied_clients(client);
  return problems({settings});
}

TEST(ValidateDeniedClients, AreNetworksAndAddresses) {
  EXPECT_EQ(denied({"192.0.2.7", "198.51.100.0/24", "2001:db8::7", "2001:db8:1::/48"}), "");
  EXPECT_EQ(
      denied({"192.0.2.7/24", "example.com"}),
      "spec.limits.denied_clients[0]: '192.0.2.7/24' has bits set past its length; did you "
      "mean 192.0.2.0/24?\n"
      "spec.limits.denied_clients[1]: 'example.com' is not a CIDR prefix such as 192.0.2.0/24");
  EXPECT_EQ(denied({"192.0.2.7", "192.0.2.8", "192.0.2.7/32"}),
            "spec.limits.denied_clients[2]: repeats spec.limits.denied_clients[0]");
  EXPECT_EQ(denied({"::ffff:192.0.2.7"}),
            "spec.limits.denied_clients[0]: '::ffff:192.0.2.7' is of IPv4: write it as such");
}

TEST(ValidateDeniedClients, AreNotEverybody) {
  EXPECT_EQ(denied({"0.0.0.0/0", "::/0"}),
            "spec.limits.denied_clients[0]: '0.0.0.0/0' would deny everybody\n"
            "spec.limits.denied_clients[1]: '::/0' would deny everybody");
}

TEST(ValidateDeniedClients, AreTenThousandAtMost) {
  std::vector<std::string> many;
  for (std::uint32_t i = 0; i < 10'000; ++i) many.push_back(IpAddress::v4(0x0a000000 + i).text());
  EXPECT_EQ(denied(many), "");
  many.push_back("192.0.2.7");
  EXPECT_EQ(denied(many), "spec.limits.denied_clients: has more than 10000 entries");
}

TEST(ValidateSiteLimits, TakesEveryField) {
  EXPECT_EQ(site("limits { requests { requests: 100 per { seconds: 60 } burst: 20 } "
                 "connections: 10 bytes_per_second: 1024 concurrent_streams: 1000 "
                 "request_body_bytes: 0 ipv4_prefix_length: 24 ipv6_prefix_length: 56 }"),
            "");
}

TEST(ValidateSiteLimits, SaysWhichNumberIsOutOfRange) {
  EXPECT_EQ(site("limits { requests {} connections: 0 bytes_per_second: 1023 "
                 "concurrent_streams: 1001 ipv4_prefix_length: 33 ipv6_prefix_length: 15 }"),
            "spec.limits.requests.requests: 0 is not from 1 to 1000000\n"
            "spec.limits.connections: 0 is not from 1 to 10000000\n"
            "spec.limits.bytes_per_second: 1023 is less than 1024\n"
            "spec.limits.concurrent_streams: 1001 is not from 1 to 1000\n"
            "spec.limits.ipv4_prefix_length: 33 is not from 8 to 32\n"
            "spec.limits.ipv6_prefix_length: 15 is not from 16 to 128");
}

TEST(ValidateBalancing, TakesEveryField) {
  EXPECT_EQ(pool(R"(origins { host: "a" weight: 1000 } origins { host: "b" tier: 7 }
                    total_timeout { seconds: 86400 } idle_timeout { seconds: 30 }
                    protocol: ORIGIN_PROTOCOL_HTTP1 balance: BALANCE_METHOD_CONSISTENT_HASH
                    hash_key: HASH_KEY_CLIENT sticky_cookie { name: "origin" ttl { seconds: 60 } }
                    ejection { failures: 0 duration { seconds: 1 } max_percent: 100 }
                    slow_start { seconds: 30 } retry { attempts: 8 budget_percent: 0 }
                    breaker { max_requests: 1 max_connections: 1 max_pending: 0 }
                    secret_header { name: "X-Edge" value: "s3cret" }
                    tls { client_certificate: "shop" }
                    probe { type: PROBE_TYPE_HTTP host: "a.example:8080" expect_body: "ok" })"),
            "");
  EXPECT_EQ(pool("probe { type: PROBE_TYPE_TCP }"), "");
}

TEST(ValidateBalancing, SaysWhichNumberIsOutOfRange) {
  EXPECT_EQ(pool("origins { host: 'a' weight: 0 tier: 8 }"),
            "spec.origins[0].weight: 0 is not from 1 to 1000\n"
            "spec.origins[0].tier: 8 is not from 0 to 7");
  EXPECT_EQ(pool("total_timeout {}"), "spec.total_timeout: 0s is not from 1ms to 24h");
  EXPECT_EQ(pool("idle_timeout {}"), "spec.idle_timeout: 0s is not from 1ms to 1h");
  EXPECT_EQ(pool("slow_start { seconds: -1 }"), "spec.slow_start: -1s is not from 0s to 1h");
  EXPECT_EQ(pool("retry { attempts: 0 budget_percent: 101 }"),
            "spec.retry.attempts: 0 is not from 1 to 8\n"
            "spec.retry.budget_percent: 101 is not from 0 to 100");
  EXPECT_EQ(pool("ejection { failures: 1001 duration {} max_percent: 101 }"),
            "spec.ejection.failures: 1001 is not from 0 to 1000\n"
            "spec.ejection.duration: 0s is not from 100ms to 1h\n"
            "spec.ejection.max_percent: 101 is not from 0 to 100");
  EXPECT_EQ(pool("breaker { max_requests: 0 max_connections: 0 max_pending: 65537 }"),
            "spec.breaker.max_requests: 0 is not from 1 to 1000000\n"
            "spec.breaker.max_connections: 0 is not from 1 to 65536\n"
            "spec.breaker.max_pending: 65537 is not from 0 to 65536");
}

TEST(ValidateBalancing, SaysWhatDoesNotFitTogether) {
  EXPECT_EQ(pool("hash_key: HASH_KEY_URL balance: BALANCE_METHOD_LEAST_REQUEST"),
            "spec.hash_key: is for balance: consistent_hash only");
  EXPECT_EQ(pool("sticky_cookie {}"), "spec.sticky_cookie.name: is missing");
  EXPECT_EQ(pool("sticky_cookie { name: 'a b' }"),
            "spec.sticky_cookie.name: 'a b' is not the name of a cookie");
  EXPECT_EQ(pool("probe { type: PROBE_TYPE_TCP path: '/' host: 'a' expect_status: 200 "
                 "expect_body: 'x' }"),
            "spec.probe.path: is for probes of type http; one of type tcp asks for nothing\n"
            "spec.probe.host: is for probes of type http; one of type tcp asks for nothing\n"
            "spec.probe.expect_status: is for probes of type http; one of type tcp asks for "
            "nothing\n"
            "spec.probe.expect_body: is for probes of type http; one of type tcp asks for nothing");
  EXPECT_EQ(pool("probe { host: 'a b' }").substr(0, 16), "spec.probe.host:");
  EXPECT_EQ(pool("protocol: ORIGIN_PROTOCOL_HTTP2"), "");
  v1::Resource unknown = resource_of("name: 'shop' origin_pool { origins { host: 'a' } }");
  auto& fields = *unknown.mutable_origin_pool();
  fields.set_balance(static_cast<v1::BalanceMethod>(99));
  fields.set_hash_key(static_cast<v1::HashKey>(99));
  fields.set_protocol(static_cast<v1::OriginProtocol>(99));
  fields.mutable_probe()->set_type(static_cast<v1::ProbeType>(99));
  EXPECT_EQ(problems({unknown}),
            "spec.probe.type: is none that is known\n"
            "spec.protocol: is none that is known\n"
            "spec.balance: is none that is known\n"
            "spec.hash_key: is none that is known");
}

TEST(ValidateSecretHeader, NeverQuotesTheSecret) {
  EXPECT_EQ(pool("secret_header {}"),
            "spec.secret_header.name: is missing\nspec.secret_header.value: is missing");
  EXPECT_EQ(pool("secret_header { name: 'Transfer-Encoding' value: 'x' }"),
            "spec.secret_header.name: 'Transfer-Encoding' belongs to the connection; choose "
            "another");
  EXPECT_EQ(pool("secret_header { name: 'Via' value: 'x' }"),
            "spec.secret_header.name: 'Via' is set by edges themselves; choose another");
  EXPECT_EQ(pool("secret_header { name: 'x:y' value: 'x' }"),
            "spec.secret_header.name: 'x:y' is not a header field name");
  EXPECT_EQ(pool(R"(secret_header { name: "x" value: "s3\r\ncret" })"),
            "spec.secret_header.value: has a line break or another control character in it, or is "
            "longer than 8192 bytes");
  EXPECT_EQ(pool("secret_header { name: 'x' value: 's3cret ' }"),
            "spec.secret_header.value: begins or ends with a blank, which no field value can");
}

TEST(ValidateClientCertificate, IsACertificateThatNeedsNoHost) {
  EXPECT_EQ(pool("tls { client_certificate: 'edges' }"),
            "spec.tls.client_certificate: there is no Certificate 'edges'");
  const auto named = resource_of(
      "name: 'shop' origin_pool { origins { host: 'a' } tls { client_certificate: "
      "'edges' } }");
  EXPECT_EQ(problems({certificate_of("edges", ""), named}), "");
  EXPECT_EQ(
      problems({certificate_of("edges", "")}),
      "spec.chain_pem: its first certificate names no host (no DNS subject alternative name)");
}

TEST(ValidateShield, IsALocationWhereAllSitesOfThePoolAreServed) {
  EXPECT_EQ(pool("shield { location: 'par' }"), "");
  EXPECT_EQ(
      pool("shield { location: 'sin' }"),
      "spec.shield.location: Site 'www', which uses this pool, is not served in 'sin': add that "
      "to the site's spec.locations");
  EXPECT_EQ(pool("shield { location: 'lon' }"), "spec.shield.location: there is no Location 'lon'");
  EXPECT_EQ(pool("shield {}"), "spec.shield.location: is missing: name a Location");
}

TEST(ValidateShield, KeepsTheNameByWhichEdgesReachEachOther) {
  EXPECT_EQ(problems({certificate_of("edges", "DNS:*.meridian.internal"),
                      resource_of(R"(name: "x" site { hostnames: "edge.meridian.internal"
                                     origin_pool: "shop" certificate: "edges" })")}),
            "spec.hostnames[0]: 'edge.meridian.internal' is where edges reach each other");
}

TEST(ValidateSite, SampleOfTheAccessLogIsAShare) {
  EXPECT_EQ(site("access_log { sample: 0.01 }"), "");
  EXPECT_EQ(site("access_log { enabled: false sample: 1 }"), "");
  for (const char* bad : {"0", "-1", "1.5", "nan"})
    EXPECT_EQ(site("access_log { sample: " + std::string(bad) + " }"),
              "spec.access_log.sample: is not above 0 and at most 1")
        << bad;
}

}  // namespace
}  // namespace meridian::control
