#include "controller/model/validate.h"

#include <vector>

#include <gtest/gtest.h>

#include "common/config/documents.h"
#include "controller/model/test_configuration.h"

namespace meridian::control {
namespace {

/// As an operator reads them: "Site www: spec.rules[0]: there is ...".
std::vector<std::string> complaints(const Configuration& configuration) {
  std::vector<std::string> lines;
  for (const auto& violation : validate(configuration))
    lines.push_back(std::string(config::kind_text(violation.resource().kind())) + " " +
                    violation.resource().name() + ": " + violation.field() + ": " +
                    violation.reason());
  return lines;
}

/// What is wrong once `resource` stands in the good configuration, and nothing else.
std::vector<std::string> complaints_with(const v1::Resource& resource) {
  auto configuration = good_configuration();
  configuration.upsert(resource);
  return complaints(configuration);
}

struct Case {
  const char* name;
  const char* resource;
  const char* complaint;
};
void PrintTo(const Case& c, std::ostream* out) { *out << c.name; }

using Lines = std::vector<std::string>;

TEST(Validate, FindsNothingWrongWithAGoodConfiguration) {
  EXPECT_EQ(complaints(good_configuration()), Lines{});
  EXPECT_EQ(complaints(Configuration{}), Lines{});
}

class ValidateCase : public testing::TestWithParam<Case> {};

TEST_P(ValidateCase, SaysWhichFieldIsWrongAndWhy) {
  EXPECT_EQ(complaints_with(resource_of(GetParam().resource)), Lines{GetParam().complaint});
}

std::string case_name(const testing::TestParamInfo<Case>& info) { return info.param.name; }

INSTANTIATE_TEST_SUITE_P(
    DnsSettings, ValidateCase,
    testing::Values(
        Case{"SettingsName", R"(name: "other" dns_settings {})",
             "DnsSettings other: name: 'other': the settings of DNS nodes are one resource, named "
             "'default'"},
        Case{"UdpSize", R"(name: "default" dns_settings { udp_size: 4096 })",
             "DnsSettings default: spec.udp_size: 4096 is not from 512 to 1452"},
        Case{"Rate", R"(name: "default" dns_settings { rate_limit {} })",
             "DnsSettings default: spec.rate_limit.answers_per_second: 0 is not from 1 to 1000000"},
        Case{"Exempt",
             R"(name: "default" dns_settings { rate_limit { answers_per_second: 5
                exempt_prefixes: "192.0.2.1/24" } })",
             "DnsSettings default: spec.rate_limit.exempt_prefixes[0]: '192.0.2.1/24' has bits set "
             "past its length; did you mean 192.0.2.0/24?"},
        Case{"Explain", R"(name: "default" dns_settings { explain_prefixes: "office" })",
             "DnsSettings default: spec.explain_prefixes[0]: 'office' is not a CIDR prefix such as "
             "192.0.2.0/24"},
        Case{
            "RequiredButOff",
            R"(name: "default" dns_settings { cookies { enabled: false required: true } })",
            "DnsSettings default: spec.cookies.required: cookies cannot be required where they are "
            "not enabled"}),
    case_name);

INSTANTIATE_TEST_SUITE_P(
    Place, ValidateCase,
    testing::Values(
        Case{"ResourceName", R"(name: "a b" location { latitude: 1 longitude: 1 })",
             "Location a b: name: 'a b' is not a name: letters, digits, '-', '_' and '.', not "
             "beginning with '-' or '.'"},
        Case{"NoName", R"(location { latitude: 1 longitude: 1 })", "Location : name: is missing"},
        Case{"Latitude", R"(name: "x" location { latitude: 90.5 longitude: 1 })",
             "Location x: spec.latitude: is not from -90 to 90 degrees"},
        Case{"LatitudeNan", R"(name: "x" location { latitude: nan longitude: 1 })",
             "Location x: spec.latitude: is not from -90 to 90 degrees"},
        Case{"LongitudeMissing", R"(name: "x" location { latitude: 0 })",
             "Location x: spec.longitude: is missing"},
        Case{"NodeName",
             R"(name: "edge_1" node { role: ROLE_EDGE location: "par" addresses: "192.0.2.9" })",
             "Node edge_1: name: 'edge_1' is not a node's name: letters, digits and '-', at most "
             "63, not beginning with '-'"},
        Case{"NodeRole", R"(name: "x" node { role: ROLE_ADMIN location: "par" })",
             "Node x: spec.role: must be dns or edge"},
        Case{"NodeLocation", R"(name: "x" node { role: ROLE_DNS location: "pra" })",
             "Node x: spec.location: there is no Location 'pra'; did you mean 'par'?"},
        Case{"NodeLocationUnknown", R"(name: "x" node { role: ROLE_DNS location: "london" })",
             "Node x: spec.location: there is no Location 'london'"},
        Case{"NodeLocationMissing", R"(name: "x" node { role: ROLE_DNS })",
             "Node x: spec.location: is missing: name a Location"},
        Case{"EdgeWithoutAddress", R"(name: "x" node { role: ROLE_EDGE location: "par" })",
             "Node x: spec.addresses: is missing: an edge needs an address for visitors"},
        Case{"NodeAddress",
             R"(name: "x" node { role: ROLE_DNS location: "par" addresses: "192.0.2" })",
             "Node x: spec.addresses[0]: '192.0.2' is not an IPv4 or IPv6 address"},
        Case{"NodeAddressUnreachable",
             R"(name: "x" node { role: ROLE_DNS location: "par" addresses: "::" })",
             "Node x: spec.addresses[0]: '::' is not an address that visitors can reach"},
        Case{"NodePort",
             R"(name: "x" node { role: ROLE_EDGE location: "par" addresses: "192.0.2.9"
                                 https_port: 70000 })",
             "Node x: spec.https_port: '70000' is not a port: 1 to 65535"},
        Case{"NodePortsEqual",
             R"(name: "x" node { role: ROLE_EDGE location: "par" addresses: "192.0.2.9"
                                 http_port: 443 })",
             "Node x: spec.http_port: is the same as https_port: 443"},
        Case{"DnsNodePort", R"(name: "x" node { role: ROLE_DNS location: "par" http_port: 1 })",
             "Node x: spec.http_port: is for edges only"},
        Case{"DnsNodeCapacity",
             R"(name: "x" node { role: ROLE_DNS location: "par" capacity { cpu: 0.5 } })",
             "Node x: spec.capacity: is for edges only"},
        Case{"CapacityOfNothing",
             R"(name: "x" node { role: ROLE_EDGE location: "par" addresses: "192.0.2.9"
                                 capacity {} })",
             "Node x: spec.capacity: bounds nothing: give requests_in_flight, bits_per_second or "
             "cpu"},
        Case{"CapacityCpu",
             R"(name: "x" node { role: ROLE_EDGE location: "par" addresses: "192.0.2.9"
                                 capacity { cpu: 90 } })",
             "Node x: spec.capacity.cpu: is not a share from 0 to 1 (0.9 is 90 %)"}),
    case_name);

INSTANTIATE_TEST_SUITE_P(
    Zone, ValidateCase,
    testing::Values(
        Case{"Mname", R"(name: "other.example" zone { nameservers: "ns1" mname: "a..b" })",
             "Zone other.example: spec.mname: 'a..b' has an empty label (a dot too many)"},
        Case{"Refresh", R"(name: "other.example" zone { nameservers: "ns1" refresh { nanos: 5 } })",
             "Zone other.example: spec.refresh: 5ns is not a whole number of seconds"},
        Case{"UpperCase", R"(name: "Other.example" zone { nameservers: "ns" })",
             "Zone Other.example: name: 'Other.example' is not in lower case; did you mean "
             "'other.example'?"},
        Case{"TrailingDot", R"(name: "other.example." zone { nameservers: "ns" })",
             "Zone other.example.: name: 'other.example.' ends with a dot; did you mean "
             "'other.example'?"},
        Case{"NoNameservers", R"(name: "other.example" zone {})",
             "Zone other.example: spec.nameservers: is missing: a zone needs at least one name "
             "server"},
        Case{"NameserverForgottenDot",
             R"(name: "other.example" zone { nameservers: "ns1.other.example" })",
             "Zone other.example: spec.nameservers[0]: 'ns1.other.example' without a dot at the "
             "end is 'ns1.other.example.other.example'; did you mean 'ns1' or "
             "'ns1.other.example.'?"},
        Case{"NameserverAddress", R"(name: "other.example" zone { nameservers: "192.0.2.53" })",
             "Zone other.example: spec.nameservers[0]: '192.0.2.53' is an address, not a host "
             "name"},
        Case{"Contact", R"(name: "other.example" zone { nameservers: "ns" contact: "root" })",
             "Zone other.example: spec.contact: 'root' is not a mail address such as "
             "hostmaster@shop.example"},
        Case{"TsigKeyTooShort", R"(name: "k" tsig_key { secret: "AAECAwQFBgcICQ==" })",
             "TsigKey k: spec.secret: holds 10 octets, not 16 to 256"},
        Case{"TransferToNobody",
             R"(name: "other.example" zone { nameservers: "ns" allow_transfer {} })",
             "Zone other.example: spec.allow_transfer[0]: gives neither `client_prefixes` nor "
             "`keys`; to let everybody in, allow 0.0.0.0/0 and ::/0"},
        Case{"TransferKeyMissing",
             R"(name: "other.example" zone { nameservers: "ns" allow_transfer { keys: "no" } })",
             "Zone other.example: spec.allow_transfer[0].keys[0]: there is no TsigKey 'no'; no "
             "TsigKey is declared at all"},
        Case{"SecondaryWithRecords",
             R"(name: "other.example" zone { nameservers: "ns"
                  primaries { address: "192.0.2.9" } })",
             "Zone other.example: spec.nameservers: comes from the zone's primaries: leave it out, "
             "or leave out `primaries`"},
        Case{
            "SecondarySignedAndShared",
            R"(name: "other.example" zone { sign: true primaries { address: "192.0.2.9" }
                  notify { address: "192.0.2.8" } })",
            "Zone other.example: spec.notify: needs a serial that grows with signatures: that of a "
            "zone with `primaries` is theirs; leave it out, or `sign`"},
        Case{"SecondarySignedAndTransferred",
             R"(name: "other.example" zone { sign: true primaries { address: "192.0.2.9" }
                  allow_transfer { client_prefixes: "192.0.2.0/24" } })",
             "Zone other.example: spec.allow_transfer: needs a serial that grows with signatures: "
             "that of a zone with `primaries` is theirs; leave it out, or `sign`"},
        Case{"SecondarySignedOddly",
             R"(name: "other.example" zone { sign: true primaries { address: "192.0.2.9" }
                  signing { zsk_lifetime { seconds: 86400 } } })",
             "Zone other.example: spec.signing.zsk_lifetime: there is a ZSK only with "
             "`split_keys: true`"},
        Case{"UnsignedAsksForNoDs",
             R"(name: "other.example" zone { nameservers: "ns" signing { delete_ds: true } })",
             "Zone other.example: spec.signing.delete_ds: only a signed zone can ask for it: once "
             "the parent zone has no DS record, leave it out together with `sign`"},
        Case{"NotifyAddress",
             R"(name: "other.example" zone { nameservers: "ns" notify { address: "ns2" } })",
             "Zone other.example: spec.notify[0].address: 'ns2' is not an IP address"},
        Case{"NegativeTtl",
             R"(name: "other.example" zone { nameservers: "ns" negative_ttl { seconds: -1 } })",
             "Zone other.example: spec.negative_ttl: -1s is not from 0s to 596523h14m7s"},
        Case{"FractionalTtl",
             R"(name: "other.example" zone { nameservers: "ns" default_ttl { nanos: 500000000 } })",
             "Zone other.example: spec.default_ttl: 500ms is not a whole number of seconds"},
        Case{"RecordData",
             R"(name: "other.example" zone { nameservers: "ns"
                  records { name: "a" type: "A" data: "192.0.2.1" data: "192.0.2" } })",
             "Zone other.example: spec.records[0].data[1]: '192.0.2' is not the data of a record "
             "of type A: Syntax error, could not parse the RR's rdata; expected an IPv4 address "
             "such as "
             "192.0.2.1"},
        Case{"RecordOwnerMissing",
             R"(name: "other.example" zone { nameservers: "ns"
                  records { type: "A" data: "192.0.2.1" } })",
             "Zone other.example: spec.records[0].name: is missing; '@' is the zone itself"},
        Case{"RecordOutside",
             R"(name: "other.example" zone { nameservers: "ns"
                  records { name: "www.elsewhere.example." type: "A" data: "192.0.2.1" } })",
             "Zone other.example: spec.records[0].name: 'www.elsewhere.example.' is outside the "
             "zone other.example."},
        Case{"Soa",
             R"(name: "other.example" zone { nameservers: "ns"
                  records { name: "@" type: "SOA" data: "ns h 1 2 3 4 5" } })",
             "Zone other.example: spec.records[0].type: the SOA is made from the zone's own fields "
             "and must not be a record"},
        Case{"CnameNotAlone",
             R"(name: "other.example" zone { nameservers: "ns"
                  records { name: "a" type: "TXT" data: "x" }
                  records { name: "A" type: "CNAME" data: "b" } })",
             "Zone other.example: spec.records[1]: a CNAME stands alone at its name, but 'A' also "
             "has spec.records[0]"},
        Case{"SetTwice",
             R"(name: "other.example" zone { nameservers: "ns"
                  records { name: "a" type: "TXT" data: "x" }
                  records { name: "a" type: "txt" data: "y" } })",
             "Zone other.example: spec.records[1]: repeats the owner and type of spec.records[0]; "
             "put all data into one"},
        Case{"StaticAtSteeredName",
             R"(name: "shop.example" zone { nameservers: "ns"
                  records { name: "www" type: "A" data: "192.0.2.1" } })",
             "Zone shop.example: spec.records[0]: 'www.shop.example' is a steered name of Site "
             "'www': it cannot have static A records"}),
    case_name);

INSTANTIATE_TEST_SUITE_P(
    Site, ValidateCase,
    testing::Values(
        Case{"NoHostnames", R"(name: "x" site { origin_pool: "shop" certificate: "shop" })",
             "Site x: spec.hostnames: is missing: at least one host name"},
        Case{"HostnameUrl",
             R"(name: "x" site { hostnames: "https://a.shop.example/" origin_pool: "shop"
                                 certificate: "shop" })",
             "Site x: spec.hostnames[0]: 'https://a.shop.example/' is a URL; did you mean "
             "'a.shop.example'?"},
        Case{"HostnameCase",
             R"(name: "x" site { hostnames: "A.shop.example" origin_pool: "shop"
                                 certificate: "shop" })",
             "Site x: spec.hostnames[0]: 'A.shop.example' is not in lower case; did you mean "
             "'a.shop.example'?"},
        Case{"WildcardInside",
             R"(name: "x" site { hostnames: "a.*.shop.example" origin_pool: "shop"
                                 certificate: "shop" })",
             "Site x: spec.hostnames[0]: 'a.*.shop.example': '*' may only be the whole first "
             "label, as in '*.shop.example'"},
        Case{"HostnameRepeated",
             R"(name: "x" site { hostnames: "a.shop.example" hostnames: "a.shop.example"
                                 origin_pool: "shop" certificate: "shop" })",
             "Site x: spec.hostnames[1]: repeats spec.hostnames[0]"},
        Case{"NotCovered",
             R"(name: "x" site { hostnames: "a.b.shop.example" origin_pool: "shop"
                                 certificate: "shop" })",
             "Site x: spec.hostnames[0]: Certificate 'shop' does not cover 'a.b.shop.example'; it "
             "is for 'shop.example', '*.shop.example'"},
        Case{"DanglingPool",
             R"(name: "x" site { hostnames: "a.shop.example" origin_pool: "shpo2"
                                 certificate: "shop" })",
             "Site x: spec.origin_pool: there is no OriginPool 'shpo2'"},
        Case{"NoCertificate",
             R"(name: "x" site { hostnames: "a.shop.example" origin_pool: "shop" })",
             "Site x: spec.certificate: is missing: name a Certificate"},
        Case{"DanglingPolicy",
             R"(name: "x" site { hostnames: "a.shop.example" origin_pool: "shop"
                                 certificate: "shop" steering_policy: "nera" })",
             "Site x: spec.steering_policy: there is no SteeringPolicy 'nera'; did you mean "
             "'near'?"},
        Case{"DanglingLocation",
             R"(name: "x" site { hostnames: "a.shop.example" origin_pool: "shop"
                                 certificate: "shop" locations: "par" locations: "lon" })",
             "Site x: spec.locations[1]: there is no Location 'lon'"},
        Case{"DanglingRule",
             R"(name: "x" site { hostnames: "a.shop.example" origin_pool: "shop"
                                 certificate: "shop" rules: "no-admim" })",
             "Site x: spec.rules[0]: there is no Rule 'no-admim'; did you mean 'no-admin'?"},
        Case{"CacheTtl",
             R"(name: "x" site { hostnames: "a.shop.example" origin_pool: "shop"
                                 certificate: "shop" cache { max_ttl { seconds: -5 } } })",
             "Site x: spec.cache.max_ttl: -5s is not from 0s to 8760h"},
        Case{"DurationMalformed",
             R"(name: "x" site { hostnames: "a.shop.example" origin_pool: "shop"
                                 certificate: "shop"
                                 cache { max_ttl { seconds: 5 nanos: -1 } } })",
             "Site x: spec.cache.max_ttl: is not a duration: nanos must be below a second and of "
             "the sign of seconds"}),
    case_name);

INSTANTIATE_TEST_SUITE_P(
    Pool, ValidateCase,
    testing::Values(
        Case{"NoOrigins", R"(name: "x" origin_pool {})",
             "OriginPool x: spec.origins: is missing: at least one origin"},
        Case{"NoHost", R"(name: "x" origin_pool { origins { port: 80 } })",
             "OriginPool x: spec.origins[0].host: is empty"},
        Case{"HostWithPort", R"(name: "x" origin_pool { origins { host: "10.0.0.1:8080" } })",
             "OriginPool x: spec.origins[0].host: '10.0.0.1:8080' has a port in it; write host: "
             "10.0.0.1 and port: 8080"},
        Case{"Port",
             R"(name: "x" origin_pool { origins { host: "a" } origins { host: "b" }
                                        origins { host: "c" port: 70000 } })",
             "OriginPool x: spec.origins[2].port: '70000' is not a port: 1 to 65535"},
        Case{"Twice", R"(name: "x" origin_pool { origins { host: "a" }
                                                 origins { host: "a" port: 80 } })",
             "OriginPool x: spec.origins[1]: repeats spec.origins[0]"},
        Case{"ProbeTimeout",
             R"(name: "x" origin_pool { origins { host: "a" }
                                        probe { interval { seconds: 1 } } })",
             "OriginPool x: spec.probe.timeout: must be shorter than interval, which is 1000ms; "
             "its default is 1s"},
        Case{"ProbePath",
             R"(name: "x" origin_pool { origins { host: "a" } probe { path: "health" } })",
             "OriginPool x: spec.probe.path: 'health' does not begin with '/'"},
        Case{"ProbePathSmuggles",
             R"(name: "x" origin_pool { origins { host: "a" } probe { path: "/ HTTP/1.1\r\n" } })",
             "OriginPool x: spec.probe.path: has a blank or control character in it"},
        Case{"ProbeStatus",
             R"(name: "x" origin_pool { origins { host: "a" } probe { expect_status: 100 } })",
             "OriginPool x: spec.probe.expect_status: 100 is not a final status: 200 to 599"},
        Case{"Timeout",
             R"(name: "x" origin_pool { origins { host: "a" } connect_timeout { seconds: -2 } })",
             "OriginPool x: spec.connect_timeout: -2s is not from 1ms to 1h"},
        Case{"HostHeader", R"(name: "x" origin_pool { origins { host: "a" } host_header: "a:0" })",
             "OriginPool x: spec.host_header: 'a:0' does not end in a port from 1 to 65535"},
        Case{"Ca", R"(name: "x" origin_pool { origins { host: "a" } tls { ca_pem: "x" } })",
             "OriginPool x: spec.tls.ca_pem: holds no certificate in PEM form"}),
    case_name);

INSTANTIATE_TEST_SUITE_P(
    Policy, ValidateCase,
    testing::Values(
        Case{"TtlTooLong", R"(name: "x" steering_policy { ttl { seconds: 7200 } })",
             "SteeringPolicy x: spec.ttl: 2h is not from 1s to 1h"},
        Case{"Answers", R"(name: "x" steering_policy { answers: 17 })",
             "SteeringPolicy x: spec.answers: 17 is not from 1 to 16"},
        Case{"Panic", R"(name: "x" steering_policy { panic_below: 30 })",
             "SteeringPolicy x: spec.panic_below: is not a share from 0 to 1 (0.3 is 30 %)"},
        Case{"SpillAt", R"(name: "x" steering_policy { spill_at: 80 })",
             "SteeringPolicy x: spec.spill_at: is not a share from 0.1 to 1 (0.8 is 80 %)"},
        Case{"BadCidr",
             R"(name: "x" steering_policy { overrides { client_prefixes: "10.0.0.1/8"
                                                        locations: "par" } })",
             "SteeringPolicy x: spec.overrides[0].client_prefixes[0]: '10.0.0.1/8' has bits set "
             "past its length; did you mean 10.0.0.0/8?"},
        Case{"Country",
             R"(name: "x" steering_policy { overrides { countries: "fr" locations: "par" } })",
             "SteeringPolicy x: spec.overrides[0].countries[0]: 'fr' is not in upper case; did you "
             "mean 'FR'?"},
        Case{"MatchesNobody", R"(name: "x" steering_policy { overrides { locations: "par" } })",
             "SteeringPolicy x: spec.overrides[0]: matches nobody: give client_prefixes, asns, "
             "countries, subdivisions or continents"},
        Case{"Continent",
             R"(name: "x" steering_policy { overrides { continents: "EUR" locations: "par" } })",
             "SteeringPolicy x: spec.overrides[0].continents[0]: 'EUR' is no continent: one of AF, "
             "AN, AS, EU, NA, OC, SA"},
        Case{
            "Subdivision",
            R"(name: "x" steering_policy { overrides { subdivisions: "us-ca" locations: "par" } })",
            "SteeringPolicy x: spec.overrides[0].subdivisions[0]: 'us-ca' is not in upper case; "
            "did you mean 'US-CA'?"},
        Case{"SubdivisionShape",
             R"(name: "x" steering_policy { overrides { subdivisions: "CA" locations: "par" } })",
             "SteeringPolicy x: spec.overrides[0].subdivisions[0]: 'CA' is not an ISO 3166-2 code "
             "such as US-CA"},
        Case{"Asn", R"(name: "x" steering_policy { overrides { asns: 0 locations: "par" } })",
             "SteeringPolicy x: spec.overrides[0].asns[0]: 0 is no AS number"},
        Case{"OverrideLocation",
             R"(name: "x" steering_policy { overrides { countries: "FR" locations: "pa" } })",
             "SteeringPolicy x: spec.overrides[0].locations[0]: there is no Location 'pa'; did you "
             "mean 'par'?"}),
    case_name);

INSTANTIATE_TEST_SUITE_P(
    Rule, ValidateCase,
    testing::Values(
        Case{"NoAction", R"(name: "x" rule { match { paths: "/" } })",
             "Rule x: spec: has no action: give one of deny, redirect, set_request_header, "
             "set_response_header, override_cache, allow, rewrite, change_headers, choose_pool, "
             "limit_rate, require_secret, respond"},
        Case{"DenyStatus", R"(name: "x" rule { deny { status: 200 } })",
             "Rule x: spec.deny.status: 200 is not from 400 to 599"},
        Case{"RedirectStatus", R"(name: "x" rule { redirect { location: "/" status: 304 } })",
             "Rule x: spec.redirect.status: 304 is not 301, 302, 303, 307 or 308"},
        Case{"RedirectLocation", R"(name: "x" rule { redirect { location: "//evil.example" } })",
             "Rule x: spec.redirect.location: '//evil.example' is neither an absolute http(s) URL "
             "nor a path like /new"},
        Case{
            "HeaderSplit",
            R"(name: "x" rule { set_response_header { name: "x-a" value: "1\r\nset-cookie: a" } })",
            "Rule x: spec.set_response_header.value: has a line break or another control "
            "character in it"},
        Case{"HeaderName", R"(name: "x" rule { set_request_header { name: "x a" } })",
             "Rule x: spec.set_request_header.name: 'x a' is not a header field name"},
        Case{"HeaderFraming",
             R"(name: "x" rule { set_request_header { name: "Content-Length" value: "1" } })",
             "Rule x: spec.set_request_header.name: 'Content-Length' belongs to the connection; no "
             "rule may set it"},
        Case{"Method", R"(name: "x" rule { match { methods: "post" } deny {} })",
             "Rule x: spec.match.methods[0]: methods are case-sensitive; did you mean 'POST'?"},
        Case{"Path", R"(name: "x" rule { match { paths: "admin" } deny {} })",
             "Rule x: spec.match.paths[0]: 'admin' does not begin with '/' or '*'"},
        Case{"Prefix", R"(name: "x" rule { match { client_prefixes: "ten/8" } deny {} })",
             "Rule x: spec.match.client_prefixes[0]: 'ten/8' is not a CIDR prefix such as "
             "192.0.2.0/24"}),
    case_name);

TEST(Validate, LetsSignedZonesBeTransferred) {
  auto configuration = good_configuration();
  configuration.upsert(resource_of(
      R"(name: "signed.example" zone { nameservers: "ns" sign: true notify { address: "192.0.2.9" }
           allow_transfer { client_prefixes: "192.0.2.0/24" } })"));
  EXPECT_TRUE(validate(configuration).empty());
}

TEST(Validate, NamesBothSitesThatClaimAHostname) {
  const auto lines = complaints_with(resource_of(
      R"(name: "blog" site { hostnames: "blog2.shop.example" hostnames: "shop.example"
                             origin_pool: "shop" certificate: "shop" })"));
  EXPECT_EQ(lines,
            (Lines{"Site blog: spec.hostnames[1]: 'shop.example' is claimed by Site 'www' too "
                   "(spec.hostnames[1]); a hostname belongs to one site only",
                   "Site www: spec.hostnames[1]: 'shop.example' is claimed by Site 'blog' too "
                   "(spec.hostnames[1]); a hostname belongs to one site only"}));
}

TEST(Validate, RefusesToLoseWhatIsReferredTo) {
  auto configuration = good_configuration();
  configuration.erase({v1::KIND_LOCATION, "sin"});
  configuration.erase({v1::KIND_RULE, "no-admin"});
  EXPECT_EQ(complaints(configuration),
            (Lines{"Node edge-sin: spec.location: there is no Location 'sin'",
                   "Site www: spec.rules[0]: there is no Rule 'no-admin'; no Rule is declared at "
                   "all"}));
}

TEST(Validate, WantsTheKeyOfTheLeaf) {
  auto certificate = certificate_of("shop", "DNS:shop.example,DNS:*.shop.example");
  const auto other = certificate_of("other", "DNS:other.example");
  certificate.mutable_certificate()->set_private_key_pem(other.certificate().private_key_pem());
  EXPECT_EQ(complaints_with(certificate),
            Lines{"Certificate shop: spec.private_key_pem: is not the key of the chain's first "
                  "certificate; is the chain in order, the leaf first?"});
  certificate.mutable_certificate()->clear_private_key_pem();
  EXPECT_EQ(complaints_with(certificate),
            Lines{"Certificate shop: spec.private_key_pem: is missing: the PEM key of the chain's "
                  "first certificate"});
}

TEST(Validate, ReadsCertificates) {
  EXPECT_EQ(complaints_with(certificate_of("x", "")),
            Lines{"Certificate x: spec.chain_pem: its first certificate names no host (no DNS "
                  "subject alternative name)"});
  EXPECT_EQ(complaints_with(resource_of(R"(name: "x" certificate { chain_pem: "?" })")),
            (Lines{"Certificate x: spec.chain_pem: holds no certificate in PEM form",
                   "Certificate x: spec.private_key_pem: is missing: the PEM key of the chain's "
                   "first certificate"}));
}

TEST(Validate, ListsAtMostAHundred) {
  Configuration configuration;
  for (int i = 0; i < 300; ++i)
    configuration.upsert(resource_of("name: \"r" + std::to_string(i) + "\" rule {}"));
  EXPECT_EQ(validate(configuration).size(), 100u);
}

}  // namespace
}  // namespace meridian::control
