#include "edge-node/explain/explain_http.h"

#include <gtest/gtest.h>

#include "edge-node/origin/origin_pool.h"
#include "edge-node/rules/test_request.h"

namespace meridian::edge {
namespace {

class ExplainHttp : public testing::Test {
 protected:
  ExplainHttp() {
    auto pool = std::make_shared<OriginPool>();
    pool->name = "shop";
    auto site = std::make_unique<Site>();
    site->name = "www";
    site->pool = pool;
    Match admin, api;
    admin.paths = {"/admin/*"};
    api.path_regex = regex_of("^/api/(.*)$");
    CacheOverride keep;
    keep.ttl = std::chrono::seconds(60);
    site->rules = {rule_of(admin, DenyAction{.status = 404}, "no-admin"),
                   rule_of(api, rewrite_to("/v2/${1}"), "to-v2"),
                   rule_of(api, RespondAction{}, "not-seen"), rule_of({}, keep, "keep"),
                   rule_of(api, ChoosePoolAction{.name = "api", .pool = pool}, "pool")};
    snapshot_.revision = Revision{7};
    snapshot_.exact["www.shop.example"] = site.get();
    site_ = site.get();
    snapshot_.sites.push_back(std::move(site));
  }

  using Field = std::pair<std::string, std::string>;
  v1::HttpExplanation ask(const std::string& url, const std::string& method = "",
                          const std::vector<Field>& fields = {},
                          const std::string& client = "192.0.2.9") const {
    v1::HttpExplainRequest request;
    request.set_url(url);
    request.set_method(method);
    request.set_client(client);
    for (const auto& [name, value] : fields) {
      auto& field = *request.add_fields();
      field.set_name(name);
      field.set_value(value);
    }
    return explain_http(request, snapshot_, nullptr);
  }
  void deny(const std::string& prefix) {
    VisitorLimits limits;
    limits.denied = PrefixSet(std::vector{*parse_prefix(prefix)});
    snapshot_.limits = std::make_shared<const VisitorLimits>(std::move(limits));
  }
  static std::string names_to_origin(const v1::HttpExplanation& told) {
    std::string names;
    for (const auto& field : told.fields_to_origin()) names += field.name() + " ";
    return names;
  }

  Snapshot snapshot_;
  Site* site_ = nullptr;
};

TEST_F(ExplainHttp, TellsEachRuleAndWhereItIsFetched) {
  const auto told = ask("https://WWW.shop.example/api/a?b");
  EXPECT_EQ(told.error(), "");
  EXPECT_EQ(told.revision(), 7u);
  EXPECT_EQ(told.site(), "www");
  ASSERT_EQ(told.rules_size(), 5);
  EXPECT_FALSE(told.rules(0).matched());
  EXPECT_EQ(told.rules(0).reason(), "paths: '/api/a' is none of them");
  EXPECT_TRUE(told.rules(1).matched());
  EXPECT_EQ(told.rules(1).effect(), "rewrite to /v2/a?b");
  EXPECT_EQ(told.rules(2).reason(), "path_regex: finds nothing in '/v2/a'")
      << "it sees what the one before has made of the request";
  EXPECT_EQ(told.status(), 0u);
  EXPECT_EQ(told.fetched(), "GET https://www.shop.example/v2/a?b");
  EXPECT_EQ(told.origin_pool(), "shop");
  EXPECT_EQ(told.cache(), "asked; answers are kept for 60s, as a rule says");
  EXPECT_EQ(told.cache_key(), "www.shop.example /v2/a?b");
}

TEST_F(ExplainHttp, TellsBySpellingsOfThePath) {
  const auto denied = ask("https://www.shop.example/x/..%2Fadmin/users");
  EXPECT_EQ(denied.status(), 404u);
  EXPECT_TRUE(denied.rules(0).matched());
  const auto told = ask("https://www.shop.example/api/..%2Fa");
  ASSERT_EQ(told.rules_size(), 3);
  EXPECT_FALSE(told.rules(1).matched());
  EXPECT_EQ(told.rules(1).reason(),
            "path_regex: finds nothing in '/a' (as some origins read the path)");
  EXPECT_EQ(told.rules(1).effect(), "");
  EXPECT_TRUE(told.rules(2).matched()) << "an answer is no gift";
}

TEST_F(ExplainHttp, TellsWhichRuleAnswers) {
  const auto told = ask("https://www.shop.example/admin/");
  EXPECT_EQ(told.rules_size(), 1);
  EXPECT_EQ(told.status(), 404u);
  EXPECT_EQ(told.reason(), "the rule 'no-admin' answers");
  EXPECT_EQ(told.fetched(), "");
}

TEST_F(ExplainHttp, TellsWhatIsAnsweredBeforeRulesAreAsked) {
  EXPECT_EQ(ask("https://www.shop.example/", "TRACE").status(), 405u);
  EXPECT_EQ(ask("http://www.shop.example/").status(), 0u);
  site_->client_certificate.emplace();
  EXPECT_EQ(ask("http://www.shop.example/").status(), 403u);
  EXPECT_EQ(ask("https://www.shop.example/").status(), 0u);
  site_->client_certificate->required = false;
  EXPECT_EQ(ask("http://www.shop.example/").status(), 0u);
  deny("192.0.2.0/24");
  EXPECT_EQ(ask("https://www.shop.example/").status(), 403u);
}

TEST_F(ExplainHttp, KnowsAClientByItsMappedAddress) {
  Match office;
  office.clients = PrefixSet(std::vector{*parse_prefix("192.0.2.0/24")});
  site_->rules = {rule_of(office, DenyAction{}, "no-office")};
  EXPECT_EQ(ask("https://www.shop.example/", "", {}, "::ffff:192.0.2.7").status(), 403u);
  site_->rules.clear();
  EXPECT_EQ(ask("https://www.shop.example/", "", {}, "::ffff:192.0.2.7").status(), 0u);
  deny("192.0.2.0/24");
  EXPECT_EQ(ask("https://www.shop.example/", "", {}, "::ffff:192.0.2.7").status(), 403u);
}

TEST_F(ExplainHttp, SeesNoFieldThatTheEdgeDrops) {
  const auto rule_for = [](const std::string& name) {
    Match match;
    match.headers = {FieldTest{.name = name, .values = {}, .regex = nullptr}};
    return rule_of(match, DenyAction{}, "no-" + name);
  };
  site_->rules = {rule_for("X-Hop"), rule_for("X-Subject"), rule_for("Client-Cert"),
                  rule_for("Meridian-Debug")};
  site_->client_certificate.emplace();
  site_->client_certificate->subject_header = "X-Subject";
  const auto told = ask("https://www.shop.example/a", "",
                        {{"Connection", "close, x-hop"},
                         {"X-Hop", "1"},
                         {"X-Subject", "CN=admin"},
                         {"Client-Cert", ":AA==:"},
                         {"Meridian-Debug", "token"},
                         {"X-Other", "1"}});
  EXPECT_EQ(told.status(), 0u) << told.reason();
  EXPECT_EQ(names_to_origin(told), "Host X-Other ");
  site_->client_certificate.reset();
  EXPECT_EQ(ask("https://www.shop.example/a", "", {{"X-Subject", "CN=admin"}}).status(), 403u)
      << "of a site without certificates it is a field as others";
  site_->rules.clear();
  EXPECT_EQ(names_to_origin(ask("https://www.shop.example/a", "", {{"Client-Cert", ":AA==:"}})),
            "Host ");
}

TEST_F(ExplainHttp, TellsOfHealthBeforeSitesAndRules) {
  site_->rules = {rule_of({}, DenyAction{}, "all")};
  const std::string path = "/.well-known/meridian/health";
  EXPECT_EQ(ask("https://www.shop.example" + path).status(), 200u);
  EXPECT_EQ(ask("http://other.example" + path, "HEAD").status(), 200u);
  EXPECT_EQ(ask("https://www.shop.example" + path, "POST").status(), 403u);
  EXPECT_EQ(ask("https://www.shop.example" + path + "?a").status(), 403u);
  deny("192.0.2.0/24");
  const auto denied = ask("https://www.shop.example" + path);
  EXPECT_EQ(denied.status(), 403u);
  EXPECT_EQ(denied.rules_size(), 0);
}

TEST_F(ExplainHttp, TellsOfOptionsThatGoNoFurther) {
  const std::vector<Field> last = {{"Max-Forwards", "0"}}, next = {{"Max-Forwards", "1"}};
  EXPECT_EQ(ask("https://www.shop.example/a", "OPTIONS", last).status(), 204u);
  EXPECT_EQ(ask("https://www.shop.example/a", "OPTIONS", next).status(), 0u);
  EXPECT_EQ(ask("https://www.shop.example/a", "GET", last).status(), 0u);
  EXPECT_EQ(ask("https://www.shop.example/admin/", "OPTIONS", last).status(), 404u)
      << "rules come before";
  site_->delivery.redirect_to_https = true;
  EXPECT_EQ(ask("http://www.shop.example/a", "OPTIONS", last).status(), 204u);
  snapshot_.https_port = 8443;
  const auto sent = ask("http://www.shop.example/a?b", "OPTIONS", next);
  EXPECT_EQ(sent.status(), 308u);
  EXPECT_EQ(sent.location(), "https://www.shop.example:8443/a?b");
}

TEST_F(ExplainHttp, TellsOfTooLargeABodyBeforeRedirectsAndRules) {
  site_->limits.request_body_bytes = 1000;
  site_->delivery.redirect_to_https = true;
  const std::vector<Field> large = {{"Content-Length", "1001"}};
  EXPECT_EQ(ask("http://www.shop.example/a", "POST", large).status(), 413u);
  const auto told = ask("https://www.shop.example/admin/", "POST", large);
  EXPECT_EQ(told.status(), 413u);
  EXPECT_EQ(told.rules_size(), 0);
  EXPECT_EQ(ask("https://www.shop.example/", "POST", {{"Content-Length", "1000"}}).status(), 0u);
}

TEST_F(ExplainHttp, TellsWhyTheCacheIsNotAsked) {
  const auto told = ask("https://www.shop.example/a", "POST");
  EXPECT_EQ(told.cache_key(), "");
  EXPECT_EQ(told.cache(), "not asked: such a request is never answered from it");
  for (const auto& field : {Field("Content-Length", "1"), Field("Transfer-Encoding", "chunked")})
    EXPECT_EQ(ask("https://www.shop.example/a", "", {field}).cache(), told.cache()) << "of a body";
}

TEST_F(ExplainHttp, TellsWhichLimitsOfTheSiteHold) {
  EXPECT_EQ(ask("https://www.shop.example/a").reason(),
            "answered from the cache, or fetched from an origin of pool 'shop'");
  SiteLimits& limits = site_->limits;
  limits.requests = RatePace{.each = std::chrono::milliseconds(100), .burst = 30};
  limits.connections = ClientBound{.most = 4, .ipv4_length = 24};
  limits.bytes = BytePace{.bytes_per_second = 50'000};
  limits.concurrent_streams = 8;
  limits.request_body_bytes = 1000;
  const std::string all =
      "30 requests at once and then one each 100 ms (of 192.0.2.9), "
      "4 connections (of 192.0.2.0/24), 50000 bytes per second (of 192.0.2.9), "
      "8 requests at a time by one connection of HTTP/2, bodies up to 1000 bytes";
  EXPECT_EQ(ask("https://www.shop.example/a", "POST").reason(),
            "fetched from an origin of pool 'shop', as far as the site's limits allow: " + all);
  v1::HttpExplainRequest upload;
  upload.set_url("https://www.shop.example/a");
  upload.set_client("2001:db8::1");
  auto& field = *upload.add_fields();
  field.set_name("Content-Length");
  field.set_value("1001");
  const auto told = explain_http(upload, snapshot_, nullptr);
  EXPECT_EQ(told.status(), 413u);
  EXPECT_NE(told.reason().find("(of 2001:db8::/64)"), std::string::npos) << told.reason();
}

TEST_F(ExplainHttp, SaysWhatIsWrongWithTheQuestion) {
  EXPECT_EQ(ask("www.shop.example/").error(), "url: begins with neither https:// nor http://");
  EXPECT_EQ(ask("https:///a").error(), "url: has no host");
  EXPECT_EQ(ask("https://a/ b").error(), "url: has a blank or control character in it");
  EXPECT_EQ(ask("https://a/", "G T").error(), "method: is not a method such as GET");
  EXPECT_EQ(ask("https://a/", "", {{"Content-Length", "x"}}).error(),
            "fields: 'Content-Length' is not one number, or beside 'Transfer-Encoding'");
  EXPECT_EQ(ask("https://other.example/").status(), 421u);
}

}  // namespace
}  // namespace meridian::edge
