#include <gtest/gtest.h>

#include "controller/model/test_configuration.h"
#include "controller/model/validate.h"

namespace meridian::control {
namespace {

/// All that is wrong with a rule, a line each.
std::string rule(const std::string& fields) {
  auto configuration = good_configuration();
  configuration.upsert(resource_of("name: 'x' rule {" + fields + "}"));
  std::string text;
  for (const auto& one : validate(configuration))
    text += (text.empty() ? "" : "\n") + one.field() + ": " + one.reason();
  return text;
}
std::string match(const std::string& fields) { return rule("match {" + fields + "} deny {}"); }

TEST(ValidateRule, TakesEveryCondition) {
  EXPECT_EQ(match(R"(paths: "/a/*" methods: "POST" client_prefixes: "192.0.2.0/24"
                     hosts: "www.shop.example" hosts: "*.shop.example" path_regex: "^/a/([0-9]+)$"
                     headers { name: "User-Agent" regex: "(?i)bot" }
                     headers { name: "X-A" absent: true } headers { name: "X-B" }
                     query_parameters { name: "a b" values: "x*" values: "y" }
                     cookies { name: "session" } scheme: "http" percent: 0.5
                     countries: "FR" asns: 64496
                     except { paths: "/a/health" } except { methods: "GET" percent: 100 })"),
            "");
}

TEST(ValidateRule, NamesTheConditionThatIsWrong) {
  EXPECT_EQ(match("hosts: 'a b'"),
            "spec.match.hosts[0]: 'a b' has a character that host names do not have; allowed are "
            "letters, digits, '-', '_' and dots");
  EXPECT_EQ(match("path_regex: '('"),
            "spec.match.path_regex: is no regular expression (RE2): missing ): (");
  EXPECT_EQ(match("headers { name: 'a b' }"),
            "spec.match.headers[0].name: 'a b' is not a header field name");
  EXPECT_EQ(match("headers { values: 'a' }"), "spec.match.headers[0].name: is missing");
  EXPECT_EQ(match("cookies { name: 'a;' }"),
            "spec.match.cookies[0].name: 'a;' is not a cookie name");
  EXPECT_EQ(match("query_parameters { name: 'a' values: 'b' absent: true }"),
            "spec.match.query_parameters[0]: gives more than one of values, regex and absent");
  EXPECT_EQ(match("headers { name: 'a' values: 'b' values: 'b' }"),
            "spec.match.headers[0].values[1]: repeats spec.match.headers[0].values[0]");
  EXPECT_EQ(match("headers { name: 'a' regex: 'a{2000}' }"),
            "spec.match.headers[0].regex: is no regular expression (RE2): invalid repetition size: "
            "{2000}");
  EXPECT_EQ(match("client_prefixes: '::ffff:192.0.2.0/120'"),
            "spec.match.client_prefixes[0]: '::ffff:192.0.2.0/120' is of IPv4: write it as such");
  EXPECT_EQ(
      match("except { client_prefixes: '::ffff:0:0/96' }"),
      "spec.match.except[0].client_prefixes[0]: '::ffff:0:0/96' is of IPv4: write it as such");
  EXPECT_EQ(match("client_prefixes: '::/0' client_prefixes: '2001:db8::/32'"), "");
  EXPECT_EQ(match("scheme: 'ftp'"), "spec.match.scheme: 'ftp' is neither https nor http");
  EXPECT_EQ(match("percent: 0"), "spec.match.percent: is not above 0 and up to 100");
  EXPECT_EQ(match("percent: 101"), "spec.match.percent: is not above 0 and up to 100");
  EXPECT_EQ(match("countries: 'fr'"),
            "spec.match.countries[0]: 'fr' is not in upper case; did you mean 'FR'?");
  EXPECT_EQ(match("asns: 0"), "spec.match.asns[0]: 0 is no AS number");
  EXPECT_EQ(match("except {}"), "spec.match.except[0]: takes every request out");
  EXPECT_EQ(match("except { methods: 'get' }"),
            "spec.match.except[0].methods[0]: methods are case-sensitive; did you mean 'GET'?");
  EXPECT_EQ(match("except { methods: 'GET' except { methods: 'PUT' } }"),
            "spec.match.except[0].except[0]: an exception has no exceptions: write another rule");
}

TEST(ValidateRule, TakesEveryAction) {
  for (const char* action : {
           "allow {}",
           "deny { status: 451 }",
           "match { path_regex: '^/a/(.*)$' } redirect { location: 'https://${host}/b/${1}' }",
           "redirect { location: 'https://${host}${uri}' status: 308 }",
           "redirect { location: 'https://${host}:8443${path}' }",
           "redirect { location: 'https://shop.example${uri}' }",
           "redirect { location: 'https://shop.example${query}' }",
           "redirect { location: 'https://${host}:8443${query}#top' }",
           "redirect { location: 'https://shop.example${query}/a' }",
           "redirect { location: 'https://shop.example${query}${path}' }",
           "match { path_regex: '(.*)' } redirect { location: 'https://a.example/${query}${1}' }",
           "redirect { location: '/${country}/${asn}/${method}' }",
           "match { path_regex: '^/(a)/(b)' } rewrite { path: '/${2}${query}x' }",
           "rewrite { strip_prefix: '/shop' add_prefix: '/v2' query: '' }",
           "rewrite { path: '${path}.html' query: 'a=${host}' }",
           "change_headers { remove_request: 'X-A' set_request { name: 'X-B' value: '${client}' } "
           "add_response { name: 'Set-Cookie' value: 'a=b' } }",
           "choose_pool { origin_pool: 'shop' }",
           "limit_rate { requests: 5 per { seconds: 60 } burst: 10 ipv4_prefix_length: 24 "
           "ipv6_prefix_length: 48 }",
           "require_secret { header: 'X-Key' values: '12345678' values: 'abcdefgh' status: 401 }",
           "respond { status: 503 content_type: 'text/html' body: '<p>Soon back' }",
           "respond {}",
       })
    EXPECT_EQ(rule(action), "") << action;
}

TEST(ValidateRule, NamesTheActionsFieldThatIsWrong) {
  EXPECT_EQ(rule("redirect { location: '/${1}' }"),
            "spec.redirect.location: has '${1}' in it, but path_regex has no groups");
  EXPECT_EQ(rule("match { path_regex: '(a)' } set_response_header { name: 'a' value: '${2}' }"),
            "spec.set_response_header.value: has '${2}' in it, but path_regex has 1 groups");
  EXPECT_EQ(rule("match { path_regex: '(.*)' } redirect { location: 'https://${1}.example/' }"),
            "spec.redirect.location: its host may not be made of anything but ${host}");
  EXPECT_EQ(rule("match { path_regex: '(.*)' } redirect { location: 'https://a.example${1}' }"),
            "spec.redirect.location: its host may not be made of anything but ${host}");
  for (const char* location :
       {"https://a.example${query}${1}", "https://${host}${query}${1}/x",
        "https://a.example${query}.evil.example", "https://a.example${query}${query}${1}"})
    EXPECT_EQ(
        rule(std::string("match { path_regex: '(.*)' } redirect { location: '") + location + "' }"),
        "spec.redirect.location: what follows ${query} becomes part of the host where a "
        "request has no query: write a '/' before ${query}")
        << location;
  EXPECT_EQ(rule("redirect { location: 'https://a.${host}/' }"),
            "spec.redirect.location: ${host} is the whole host, or none of it");
  EXPECT_EQ(rule("rewrite {}"),
            "spec.rewrite: changes nothing: give path, strip_prefix, add_prefix or query");
  EXPECT_EQ(rule("rewrite { path: '/a' add_prefix: '/b' }"),
            "spec.rewrite.path: excludes strip_prefix and add_prefix");
  EXPECT_EQ(rule("rewrite { add_prefix: 'b' }"),
            "spec.rewrite.add_prefix: 'b' does not begin with '/'");
  EXPECT_EQ(rule("rewrite { path: '/a?b' }"),
            "spec.rewrite.path: has a blank, a '?' or a '#' in it");
  EXPECT_EQ(rule("rewrite { query: 'a b' }"), "spec.rewrite.query: has a blank or a '#' in it");
  EXPECT_EQ(rule("change_headers {}"), "spec.change_headers: changes nothing");
  EXPECT_EQ(rule("change_headers { add_request { name: 'a' } }"),
            "spec.change_headers.add_request[0].value: is missing");
  EXPECT_EQ(
      rule("change_headers { remove_response: 'Content-Length' }"),
      "spec.change_headers.remove_response[0]: 'Content-Length' belongs to the connection; no "
      "rule may set it");
  EXPECT_EQ(rule("choose_pool { origin_pool: 'shpo' }"),
            "spec.choose_pool.origin_pool: there is no OriginPool 'shpo'; did you mean 'shop'?");
  EXPECT_EQ(rule("limit_rate {}"), "spec.limit_rate.requests: 0 is not from 1 to 1000000");
  EXPECT_EQ(rule("limit_rate { requests: 1 per { seconds: 86401 } burst: 0 ipv4_prefix_length: 7 "
                 "ipv6_prefix_length: 129 }"),
            "spec.limit_rate.per: 24h1s is not from 1s to 24h\n"
            "spec.limit_rate.burst: 0 is not from 1 to 1000000\n"
            "spec.limit_rate.ipv4_prefix_length: 7 is not from 8 to 32\n"
            "spec.limit_rate.ipv6_prefix_length: 129 is not from 16 to 128");
  EXPECT_EQ(rule("require_secret { header: 'X-Key' }"), "spec.require_secret.values: is missing");
  EXPECT_EQ(rule("require_secret { header: 'X-Key' values: 'short' values: 'with a blank' }"),
            "spec.require_secret.values[0]: is shorter than 8 characters: too easy to guess\n"
            "spec.require_secret.values[1]: has a blank or control character in it, or is longer "
            "than 8192 bytes");
  EXPECT_EQ(rule("respond { status: 304 }"),
            "spec.respond.status: 304 is not from 200 to 599, but 204, 205, 304");
  EXPECT_EQ(rule("respond { content_type: 'html' }"),
            "spec.respond.content_type: 'html' is not a media type such as text/html; "
            "charset=utf-8");
}

}  // namespace
}  // namespace meridian::control
