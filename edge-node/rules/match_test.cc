#include "edge-node/rules/match.h"

#include <gtest/gtest.h>

#include "edge-node/rules/describe.h"
#include "edge-node/rules/glob.h"
#include "edge-node/rules/test_request.h"

namespace meridian::edge {
namespace {

const IpAddress kClient = *parse_address("192.0.2.9");

TEST(Glob, StarsStandForAnything) {
  EXPECT_TRUE(glob_matches("/admin/*", "/admin/"));
  EXPECT_TRUE(glob_matches("/admin/*", "/admin/a/b"));
  EXPECT_FALSE(glob_matches("/admin/*", "/admin"));
  EXPECT_TRUE(glob_matches("*.php", "/a.php.php"));
  EXPECT_TRUE(glob_matches("/a*b*c", "/axxbxbxc"));
  EXPECT_FALSE(glob_matches("/a*b*c", "/axxbxbx"));
  EXPECT_TRUE(glob_matches("**", ""));
  EXPECT_FALSE(glob_matches("", "a"));
}

/// Why `match` does not take the request; empty: it does.
std::string why_not(const Match& match, const http::RequestHead& request, Subject subject) {
  const auto unmet = first_unmet(match, subject, "rule");
  EXPECT_EQ(&subject.request, &request);
  return unmet.condition == Condition::none ? "" : reason_text(match, unmet, subject);
}
std::string why_not(const Match& match, const http::RequestHead& request) {
  return why_not(match, request, {.request = request, .client = kClient, .tls = true});
}

TEST(Match, WithoutConditionsTakesEveryRequest) {
  EXPECT_EQ(why_not({}, request_of("GET", "/")), "");
}

TEST(Match, EveryConditionThatIsGivenMustHold) {
  Match match;
  match.methods = {"POST", "PUT"};
  match.tls = true;
  match.hosts = {{.name = "shop.example", .is_wildcard = true}};
  match.paths = {"/x*"};
  match.path_regex = regex_of("[0-9]$");
  match.clients = PrefixSet(std::vector{*parse_prefix("192.0.2.0/24")});
  const auto good = request_of("POST", "/x/1?y");
  EXPECT_EQ(why_not(match, good), "");
  EXPECT_EQ(why_not(match, request_of("GET", "/x/1")), "methods: 'GET' is none of them");
  EXPECT_EQ(why_not(match, request_of("POST", "/y/1")), "paths: '/y/1' is none of them");
  EXPECT_EQ(why_not(match, request_of("POST", "/x/1", {}, "shop.example")),
            "hosts: 'shop.example' is none of them");
  EXPECT_EQ(why_not(match, request_of("POST", "/x/a?1")), "path_regex: finds nothing in '/x/a'");
  EXPECT_EQ(why_not(match, good, {.request = good, .client = kClient, .tls = false}),
            "scheme: it came by http");
  const auto other = *parse_address("198.51.100.1");
  EXPECT_EQ(why_not(match, good, {.request = good, .client = other, .tls = true}),
            "client_prefixes: 198.51.100.1 is in none of them");
}

FieldTest test_of(std::string name, std::vector<std::string> values = {},
                  const std::string& regex = "", bool absent = false) {
  return {.name = std::move(name),
          .values = std::move(values),
          .regex = regex.empty() ? nullptr : regex_of(regex),
          .absent = absent};
}

TEST(Match, AsksHeadersForTheirValues) {
  Match match;
  match.headers = {test_of("user-agent", {}, "(?i)bot"), test_of("X-Kind", {"a*", "b"}),
                   test_of("Authorization", {}, "", true)};
  EXPECT_EQ(why_not(match, request_of("GET", "/", {{"User-Agent", "Robot"}, {"x-kind", "b"}})), "");
  EXPECT_EQ(
      why_not(match,
              request_of("GET", "/", {{"User-Agent", "ROBOT"}, {"x-kind", "c"}, {"x-kind", "ab"}})),
      "")
      << "any line counts";
  EXPECT_EQ(why_not(match, request_of("GET", "/", {{"x-kind", "b"}})),
            "headers: field 'user-agent' is not there, or its regex finds nothing");
  EXPECT_EQ(why_not(match, request_of("GET", "/", {{"User-Agent", "bot"}, {"x-kind", "bb"}})),
            "headers: field 'X-Kind' is not there with any of the values");
  EXPECT_EQ(
      why_not(match, request_of("GET", "/",
                                {{"User-Agent", "bot"}, {"x-kind", "b"}, {"authorization", ""}})),
      "headers: field 'Authorization' is there");
}

TEST(Match, ReadsCookiesOfAllLines) {
  Match match;
  match.cookies = {test_of("lang", {"fr"}), test_of("session")};
  EXPECT_EQ(
      why_not(match, request_of("GET", "/", {{"Cookie", "a=b; lang=fr"}, {"Cookie", "session="}})),
      "");
  EXPECT_EQ(why_not(match, request_of("GET", "/", {{"Cookie", "lang=de; session=1"}})),
            "cookies: cookie 'lang' is not there with any of the values");
  EXPECT_EQ(why_not(match, request_of("GET", "/", {{"Cookie", "lang=fr; Session=1"}})),
            "cookies: cookie 'session' is not there");
}

TEST(Match, ReadsParametersDecoded) {
  Match match;
  match.query_parameters = {test_of("a b", {"x/*"}), test_of("debug", {}, "", true)};
  EXPECT_EQ(why_not(match, request_of("GET", "/?a+b=x%2Fy")), "");
  EXPECT_EQ(why_not(match, request_of("GET", "/?c&a%20b=1&a+b=x/")), "");
  EXPECT_EQ(why_not(match, request_of("GET", "/?a+b=x/&debug")),
            "query_parameters: parameter 'debug' is there");
  EXPECT_EQ(why_not(match, request_of("GET", "/a+b=x/")),
            "query_parameters: parameter 'a b' is not there with any of the values");
  EXPECT_EQ(why_not(match, request_of("GET", "/?%zz=%&a+b=x/%")), "") << "stays as it is";
}

TEST(Match, ClientsOfUnknownPlaceAreInNoCountry) {
  Match match;
  match.countries = {country_code("DE"), country_code("FR")};
  match.asns = {64496};
  const auto request = request_of("GET", "/");
  const auto at = [&](ClientPlace place) {
    return why_not(match, request,
                   {.request = request, .client = kClient, .tls = true, .place = place});
  };
  EXPECT_EQ(at({.country = country_code("FR"), .asn = 64496}), "");
  EXPECT_EQ(at({.country = country_code("GB"), .asn = 64496}), "countries: the client is in GB");
  EXPECT_EQ(at({.country = country_code("FR"), .asn = 1}), "asns: the client is in 1");
  EXPECT_EQ(at({}), "asns: the client is in no known one");
}

TEST(Match, ExceptionsTakeRequestsOut) {
  Match match;
  Match office, health;
  office.clients = PrefixSet(std::vector{*parse_prefix("192.0.2.0/24")});
  health.paths = {"/health"};
  match.except = {health, office};
  EXPECT_EQ(why_not(match, request_of("GET", "/")), "except[1] takes it out");
  EXPECT_EQ(why_not(match, request_of("GET", "/health")), "except[0] takes it out");
  match.except = {health};
  EXPECT_EQ(why_not(match, request_of("GET", "/")), "");
}

TEST(Match, AShareOfClientsStaysInside) {
  const auto inside = [](double share, const char* name) {
    Match match;
    match.share = static_cast<std::uint64_t>(share * 18446744073709551615.0);
    const auto request = request_of("GET", "/");
    int count = 0;
    for (std::uint32_t i = 0; i < 10'000; ++i) {
      const auto client = IpAddress::v4(0x0a000000u + i);
      const Subject subject{.request = request, .client = client};
      count += first_unmet(match, subject, name).condition == Condition::none ? 1 : 0;
    }
    return count;
  };
  EXPECT_NEAR(inside(0.1, "a"), 1000, 120);
  EXPECT_NEAR(inside(0.5, "b"), 5000, 250);
  EXPECT_EQ(inside(0, "a"), 0);
  EXPECT_EQ(inside(0.1, "a"), inside(0.1, "a"));

  // The hash is for ever: who is in a canary stays there whatever edge it meets.
  Match match;
  match.share = std::uint64_t{1} << 63;
  const auto request = request_of("GET", "/");
  std::string seen;
  for (std::uint32_t i = 0; i < 16; ++i) {
    const auto client = IpAddress::v4(0xc0000200u + i);
    const Subject subject{.request = request, .client = client};
    seen += first_unmet(match, subject, "canary").condition == Condition::none ? '1' : '0';
  }
  EXPECT_EQ(seen, "1011101111011011");
}

}  // namespace
}  // namespace meridian::edge
