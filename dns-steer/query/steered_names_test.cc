#include <gtest/gtest.h>

#include "dns-steer/query/test_answers.h"

namespace meridian::dns {
namespace {

using namespace meridian::dns::testing;

constexpr std::uint16_t kA = 1, kNs = 2, kSoa = 6, kMx = 15, kTxt = 16, kAaaa = 28, kSvcb = 64,
                        kHttps = 65, kCaa = 257;

/// Steered names at an apex, below it, and for all names below one; static records beside them.
const char kSteered[] = R"(
kind: Location
name: fra
spec: {latitude: 50.1, longitude: 8.7}
---
kind: Location
name: nyc
spec: {latitude: 40.7, longitude: -74.0}
---
kind: Node
name: edge-fra
spec: {role: edge, location: fra, addresses: [192.0.2.1, "2001:db8::1"]}
---
kind: Node
name: edge-nyc
spec: {role: edge, location: nyc, addresses: [192.0.2.2], https_port: 8443}
---
kind: SteeringPolicy
name: places
spec:
  ttl: 30s
  overrides:
    - {client_prefixes: [198.51.100.0/24], locations: [nyc]}
    - {client_prefixes: [0.0.0.0/0, "::/0"], locations: [fra]}
---
kind: Site
name: shop
spec:
  hostnames: [shop.test, www.shop.test, "*.cdn.shop.test"]
  steering_policy: places
  https_record: {alpn: [h2]}
---
kind: Site
name: plain
spec: {hostnames: [plain.shop.test], steering_policy: places}
---
kind: Zone
name: shop.test
spec:
  nameservers: [ns1]
  records:
    - {name: ns1, type: A, data: [192.0.2.53]}
    - {name: "@", type: MX, data: [10 mail, 20 mail]}
    - {name: "@", type: TXT, data: ['"v=spf1 -all"']}
    - {name: "@", type: CAA, data: ['0 issue "ca.test"']}
    - {name: mail, type: A, data: [192.0.2.25]}
    - {name: www, type: TXT, data: ['"beside"']}
    - {name: alias, type: CNAME, data: [www]}
    - {name: plain, type: HTTPS, data: [1 . alpn=h3]}
    - {name: svc, type: HTTPS, data: [1 . alpn=h2, 2 other port=8443]}
    - {name: svc, type: A, data: [192.0.2.80]}
    - {name: other, type: A, data: [192.0.2.81]}
    - {name: other, type: AAAA, data: ["2001:db8::81"]}
    - {name: "*.pool", type: HTTPS, data: [1 . port=444]}
    - {name: "*.pool", type: A, data: [192.0.2.82]}
    - {name: moved, type: HTTPS, data: [0 svc]}
    - {name: gone, type: HTTPS, data: [0 .]}
    - {name: gone, type: A, data: [192.0.2.83]}
    - {name: _dns.ns1, type: SVCB, data: [1 ns1 alpn=dot]}
)";

std::shared_ptr<const Serving> serving() {
  static const auto compiled = serving_from(kSteered);
  return compiled;
}

std::string answer_to(const std::string& name, std::uint16_t type,
                      const std::string& client = "192.0.2.200") {
  return describe(ask(*serving(), packet({.name = name, .type = type}), Transport::udp, client));
}

TEST(SteeredApex, AnswersAddressesBesideItsStaticRecords) {
  EXPECT_EQ(answer_to("shop.test", kA), "NOERROR aa\nanswer shop.test. 30 IN A 192.0.2.1");
  EXPECT_EQ(answer_to("shop.test", kAaaa), "NOERROR aa\nanswer shop.test. 30 IN AAAA 2001:db8::1");
  EXPECT_EQ(answer_to("shop.test", kA, "198.51.100.9"),
            "NOERROR aa\nanswer shop.test. 30 IN A 192.0.2.2");
  EXPECT_EQ(answer_to("shop.test", kTxt),
            "NOERROR aa\nanswer shop.test. 300 IN TXT \"v=spf1 -all\"");
  EXPECT_EQ(answer_to("shop.test", kCaa),
            "NOERROR aa\nanswer shop.test. 300 IN CAA 0 issue \"ca.test\"");
  EXPECT_EQ(answer_to("shop.test", kMx),
            "NOERROR aa\nanswer shop.test. 300 IN MX 10 mail.shop.test."
            "\nanswer shop.test. 300 IN MX 20 mail.shop.test."
            "\nadditional mail.shop.test. 300 IN A 192.0.2.25");
  EXPECT_EQ(answer_to("shop.test", kNs),
            "NOERROR aa\nanswer shop.test. 300 IN NS ns1.shop.test."
            "\nadditional ns1.shop.test. 300 IN A 192.0.2.53");
  EXPECT_TRUE(answer_to("shop.test", kSoa).starts_with("NOERROR aa\nanswer shop.test. 300 IN SOA"));
  EXPECT_EQ(answer_to("www.shop.test", kTxt),
            "NOERROR aa\nanswer www.shop.test. 300 IN TXT \"beside\"");
}

// RFC 9460 section 7.
TEST(SteeredHttps, HintsAtWhatAddressQueriesGet) {
  EXPECT_EQ(answer_to("www.shop.test", kHttps),
            "NOERROR aa\nanswer www.shop.test. 30 IN HTTPS 1 . alpn=h2 ipv4hint=192.0.2.1 "
            "ipv6hint=2001:db8::1");
  EXPECT_EQ(answer_to("www.shop.test", kHttps, "198.51.100.9"),
            "NOERROR aa\nanswer www.shop.test. 30 IN HTTPS 1 . alpn=h2 port=8443 "
            "ipv4hint=192.0.2.2");
  EXPECT_TRUE(answer_to("shop.test", kHttps).starts_with("NOERROR aa\nanswer shop.test. 30 IN"));
  EXPECT_TRUE(answer_to("a.b.cdn.shop.test", kHttps)
                  .starts_with("NOERROR aa\nanswer a.b.cdn.shop.test. 30 IN HTTPS 1 . "));
  EXPECT_EQ(answer_to("alias.shop.test", kHttps),
            "NOERROR aa\nanswer alias.shop.test. 300 IN CNAME www.shop.test."
            "\nanswer www.shop.test. 30 IN HTTPS 1 . alpn=h2 ipv4hint=192.0.2.1 "
            "ipv6hint=2001:db8::1");
}

TEST(SteeredHttps, HasTheScopeOfTheAddresses) {
  const auto scope = [](const std::string& name, std::uint16_t type) {
    const std::string network{'\xc6', '\x33', '\x64'};  // 198.51.100
    return scope_of(ask(
        *serving(),
        packet(
            {.name = name, .type = type, .edns = true, .options = subnet_option(1, 24, network)})));
  };
  EXPECT_EQ(scope("www.shop.test", kHttps), scope("www.shop.test", kA));
  EXPECT_EQ(scope("www.shop.test", kHttps), 24);
  EXPECT_EQ(scope("svc.shop.test", kHttps), 0);
}

TEST(SteeredHttps, MayBeStatic) {
  EXPECT_EQ(answer_to("plain.shop.test", kHttps),
            "NOERROR aa\nanswer plain.shop.test. 300 IN HTTPS 1 . alpn=h3");
}

// RFC 9460 section 4.1.
TEST(Service, BringsWhatItsTargetsHave) {
  EXPECT_EQ(answer_to("svc.shop.test", kHttps),
            "NOERROR aa\nanswer svc.shop.test. 300 IN HTTPS 1 . alpn=h2"
            "\nanswer svc.shop.test. 300 IN HTTPS 2 other.shop.test. port=8443"
            "\nadditional svc.shop.test. 300 IN A 192.0.2.80"
            "\nadditional other.shop.test. 300 IN A 192.0.2.81"
            "\nadditional other.shop.test. 300 IN AAAA 2001:db8::81");
  EXPECT_EQ(answer_to("_dns.ns1.shop.test", kSvcb),
            "NOERROR aa\nanswer _dns.ns1.shop.test. 300 IN SVCB 1 ns1.shop.test. alpn=dot"
            "\nadditional ns1.shop.test. 300 IN A 192.0.2.53");
}

TEST(Service, StandsForTheNameThatWasAskedFor) {
  EXPECT_EQ(answer_to("x.pool.shop.test", kHttps),
            "NOERROR aa\nanswer x.pool.shop.test. 300 IN HTTPS 1 . port=444"
            "\nadditional x.pool.shop.test. 300 IN A 192.0.2.82");
}

TEST(Service, OfAnAliasBringsTheNextRecord) {
  EXPECT_EQ(answer_to("moved.shop.test", kHttps),
            "NOERROR aa\nanswer moved.shop.test. 300 IN HTTPS 0 svc.shop.test."
            "\nadditional svc.shop.test. 300 IN A 192.0.2.80"
            "\nadditional svc.shop.test. 300 IN HTTPS 1 . alpn=h2"
            "\nadditional svc.shop.test. 300 IN HTTPS 2 other.shop.test. port=8443");
  EXPECT_EQ(answer_to("gone.shop.test", kHttps),
            "NOERROR aa\nanswer gone.shop.test. 300 IN HTTPS 0 .");
}

}  // namespace
}  // namespace meridian::dns
