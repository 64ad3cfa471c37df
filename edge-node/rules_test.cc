// What rules do to real requests: as the visitor sees it, and the origin.
#include <filesystem>

#include <gtest/gtest.h>

#include "edge-node/testing/world.h"

namespace meridian::edge {
namespace {

using testing::Client;
using testing::reply;
using testing::World;
using Origin = testing::Origin;

constexpr const char* kHost = World::kHost;

Origin::Reply say(std::string bytes) {
  return {.bytes = std::move(bytes), .gated = false, .after_gate = {}, .close = false};
}

/// Answers with what it was asked for: target, and the values of X-Rule. What is below /static is
/// for who asked only.
Origin::Reply echo(const Origin::Request& request) {
  const std::string control =
      request.head.target.starts_with("/static/") ? "private" : "max-age=60";
  return say(reply(200, "Cache-Control: " + control + "\r\nX-Origin: yes\r\n",
                   request.head.target + " " + request.head.fields.combined("x-rule")));
}

class RulesOfASite : public ::testing::Test {
 protected:
  RulesOfASite() : origin_(echo), world_({&origin_}) {}

  v1::Rule& add(const std::string& name) {
    world_.site.add_rules(name);
    return world_.rules.emplace_back(name, v1::Rule()).second;
  }
  testing::Response get(const std::string& target, const std::string& fields = "") {
    if (!visitor_) {
      const auto applied = world_.apply();
      EXPECT_TRUE(applied) << applied.error().text();
      visitor_ = world_.visit();
    }
    return visitor_->get(kHost, target, fields);
  }

  Origin origin_;
  World world_;
  std::unique_ptr<Client> visitor_;
};

TEST_F(RulesOfASite, SayWhatNoVisitorTakesBack) {
  auto* set = add("mark").mutable_change_headers()->add_set_request();
  set->set_name("X-Rule");
  set->set_value("marked");
  EXPECT_EQ(get("/a", "X-Rule: mine\r\n").body, "/a marked");
  EXPECT_EQ(get("/b", "Connection: X-Rule\r\n").body, "/b marked");
  EXPECT_EQ(get("/c", "Connection: keep-alive, x-rule\r\nX-Rule: mine\r\n").body, "/c marked");
}

TEST_F(RulesOfASite, RewritesAreWhatTheOriginAndTheCacheSee) {
  auto& rule = add("to-v2");
  rule.mutable_match()->set_path_regex("^/api/(.*)$");
  rule.mutable_rewrite()->set_path("/v2/${1}");
  EXPECT_EQ(get("/api/a?b=c").body, "/v2/a?b=c ");
  EXPECT_EQ(get("/v2/a?b=c").body, "/v2/a?b=c ");
  EXPECT_EQ(origin_.requests(), 1) << "one object under both URLs";
  EXPECT_TRUE(get("/api/a?b=c").field("cache-status").starts_with("meridian; hit"));
  world_.purge_url("/v2/a?b=c");
  EXPECT_EQ(get("/api/a?b=c").body, "/v2/a?b=c ");
  EXPECT_EQ(origin_.requests(), 2);
}

TEST_F(RulesOfASite, NoSpellingOfAPathReachesWhatIsNotMeant) {
  auto& closed = add("closed");
  closed.mutable_match()->add_paths("/admin/*");
  closed.mutable_deny();
  add("tenant").mutable_rewrite()->set_add_prefix("/tenant-a");
  EXPECT_EQ(get("/x/..%2Fadmin/users").status, 403);
  EXPECT_EQ(get("/admin%5cusers").status, 403);
  EXPECT_EQ(get("/../tenant-b/secret").body, "/tenant-a/tenant-b/secret ");
  EXPECT_EQ(get("/..%2ftenant-b/secret").body, "/tenant-a/tenant-b/secret ");
  EXPECT_EQ(get("/admin;x/users").status, 403);
  EXPECT_EQ(get("/x/..%3by/admin;/users").status, 403);
  EXPECT_EQ(get("/..;/tenant-b/secret").body, "/tenant-a/tenant-b/secret ");
  EXPECT_EQ(get("/a%2fb").body, "/tenant-a/a%2fb ") << "as it came";
  EXPECT_EQ(get("/a;b=c/d").body, "/tenant-a/a;b=c/d ") << "as it came";
}

TEST_F(RulesOfASite, NoDetourHasAPageKeptOrLetsAVisitorPast) {
  auto& keep = add("keep");
  keep.mutable_match()->add_paths("/static/*");
  keep.mutable_override_cache()->mutable_ttl()->set_seconds(600);
  auto& open = add("open");
  open.mutable_match()->add_paths("/partners/health");
  open.mutable_allow();
  auto& closed = add("closed");
  closed.mutable_match()->add_paths("/partners/*");
  closed.mutable_require_secret()->set_header("X-Key");
  closed.mutable_require_secret()->add_values("correct-horse");
  for (int i = 0; i < 2; ++i) EXPECT_EQ(get("/static/a;v=1").status, 200);
  EXPECT_EQ(origin_.requests(), 1);
  for (int i = 0; i < 2; ++i) EXPECT_EQ(get("/static/..;/account").status, 200);
  EXPECT_EQ(origin_.requests(), 3);
  EXPECT_EQ(get("/partners/health").status, 200);
  EXPECT_EQ(get("/partners/reports/../health").status, 403);
  EXPECT_EQ(origin_.requests(), 4);
}

TEST_F(RulesOfASite, ALowerCaseMethodIsRefusedAsTheMethodIs) {
  auto& rule = add("no-posts");
  rule.mutable_match()->add_methods("POST");
  rule.mutable_deny();
  EXPECT_EQ(get("/").status, 200);
  for (const char* method : {"POST", "post"}) {
    visitor_->send(std::string(method) +
                   " /a HTTP/1.1\r\nHost: www.shop.example\r\nContent-Length: 0\r\n\r\n");
    EXPECT_EQ(visitor_->read_response().status, 403) << method;
  }
  EXPECT_EQ(origin_.requests(), 1);
}

TEST_F(RulesOfASite, RedirectsAreMadeOfTheRequest) {
  auto& rule = add("moved");
  rule.mutable_match()->set_path_regex("^/old/(.*)$");
  rule.mutable_redirect()->set_location("https://new.shop.example/${1}${query}");
  rule.mutable_redirect()->set_status(301);
  const auto answer = get("/old/a%20b?c");
  EXPECT_EQ(answer.status, 301);
  EXPECT_EQ(answer.field("location"), "https://new.shop.example/a%20b?c");
  EXPECT_EQ(origin_.requests(), 0);
}

TEST_F(RulesOfASite, RespondsByItself) {
  auto& rule = add("robots");
  rule.mutable_match()->add_paths("/robots.txt");
  rule.mutable_respond()->set_body("User-agent: *\nDisallow: /\n");
  auto& late = add("late");
  late.mutable_match()->add_paths("/robots.txt");
  late.mutable_deny();
  const auto answer = get("/robots.txt");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.field("content-type"), "text/plain; charset=utf-8");
  EXPECT_EQ(answer.body, "User-agent: *\nDisallow: /\n");
  visitor_->send("HEAD /robots.txt HTTP/1.1\r\nHost: www.shop.example\r\n\r\n");
  EXPECT_EQ(visitor_->read_response(true).field("content-length"), "26");
  EXPECT_EQ(origin_.requests(), 0);
}

TEST_F(RulesOfASite, ChangeFieldsOnBothSides) {
  auto& changes = *add("headers").mutable_change_headers();
  auto* set = changes.add_set_request();
  set->set_name("X-Rule");
  set->set_value("${client} ${scheme}");
  auto* add_one = changes.add_add_request();
  add_one->set_name("X-Rule");
  add_one->set_value("two");
  changes.add_remove_response("X-Origin");
  auto* shown = changes.add_set_response();
  shown->set_name("X-Path");
  shown->set_value("${path}");
  const auto answer = get("/a?b", "X-Rule: forged\r\n");
  EXPECT_EQ(answer.body, "/a?b 127.0.0.1 https, two");
  EXPECT_FALSE(answer.fields.contains("x-origin"));
  EXPECT_EQ(answer.field("x-path"), "/a");
  EXPECT_EQ(get("/a?b").field("x-path"), "/a") << "of a hit too";
}

TEST_F(RulesOfASite, AllowEndsThem) {
  auto& open = add("open");
  open.mutable_match()->add_paths("/open/*");
  open.mutable_allow();
  add("closed").mutable_deny()->set_status(451);
  EXPECT_EQ(get("/open/a").status, 200);
  EXPECT_EQ(get("/a").status, 451);
}

TEST_F(RulesOfASite, SecretsAreAskedFor) {
  auto& rule = add("partners");
  rule.mutable_match()->add_except()->add_paths("/public/*");
  rule.mutable_require_secret()->set_header("X-Key");
  rule.mutable_require_secret()->add_values("correct-horse");
  EXPECT_EQ(get("/a").status, 403);
  EXPECT_EQ(get("/a", "X-Key: battery-staple\r\n").status, 403);
  EXPECT_EQ(get("/a", "X-Key: correct-horse\r\n").status, 200);
  EXPECT_EQ(get("/a").status, 403) << "though it is stored";
  EXPECT_EQ(get("/public/a").status, 200);
}

TEST_F(RulesOfASite, ClientsThatAskTooOftenAreToldWhenToComeAgain) {
  auto& rule = add("slowly");
  rule.mutable_match()->add_paths("/login");
  auto& limit = *rule.mutable_limit_rate();
  limit.set_requests(3);
  limit.mutable_per()->set_seconds(3600);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(get("/login").status, 200) << i;
  // Whichever worker it comes to.
  for (int i = 0; i < 8; ++i) {
    const auto answer = world_.visit()->get(kHost, "/login");
    EXPECT_EQ(answer.status, 429);
    EXPECT_EQ(answer.field("retry-after"), "1200");
  }
  EXPECT_EQ(get("/a").status, 200);
  ASSERT_TRUE(world_.apply());
  EXPECT_EQ(get("/login").status, 429) << "a new revision forgets nobody";
  limit.set_requests(4);
  ASSERT_TRUE(world_.apply());
  EXPECT_EQ(get("/login").status, 200) << "another limit counts anew";
}

TEST_F(RulesOfASite, OtherPoolsAreStoredApart) {
  Origin other([](const auto&) { return say(reply(200, "Cache-Control: max-age=60\r\n", "new")); });
  auto& pool = world_.pools.emplace_back("next", v1::OriginPool()).second;
  auto* to = pool.add_origins();
  to->set_host("127.0.0.1");
  to->set_port(other.port());
  auto& rule = add("canary");
  auto& cookie = *rule.mutable_match()->add_cookies();
  cookie.set_name("canary");
  rule.mutable_choose_pool()->set_origin_pool("next");
  EXPECT_EQ(get("/a").body, "/a ");
  EXPECT_EQ(get("/a", "Cookie: canary=1\r\n").body, "new");
  EXPECT_EQ(get("/a").body, "/a ");
  EXPECT_EQ(get("/a", "Cookie: canary=1\r\n").body, "new");
  EXPECT_EQ(origin_.requests(), 1);
  EXPECT_EQ(other.requests(), 1);
  visitor_->send(
      "POST /a HTTP/1.1\r\nHost: www.shop.example\r\nCookie: canary=1\r\nContent-Length: "
      "0\r\n\r\n");
  EXPECT_EQ(visitor_->read_response().body, "new");
  EXPECT_EQ(get("/a", "Cookie: canary=1\r\n").body, "new");
  EXPECT_EQ(other.requests(), 3) << "the change has ended what was stored of that pool";
  world_.purge_url("/a");
  EXPECT_EQ(get("/a", "Cookie: canary=1\r\n").body, "new");
  EXPECT_EQ(get("/a").body, "/a ");
  EXPECT_EQ(other.requests(), 4);
  EXPECT_EQ(origin_.requests(), 2);
}

TEST_F(RulesOfASite, HitsOfOthersAreNotForThoseWhomARuleTakes) {
  auto& rule = add("no-bots");
  auto& agent = *rule.mutable_match()->add_headers();
  agent.set_name("User-Agent");
  agent.set_regex("(?i)bot");
  rule.mutable_deny();
  EXPECT_EQ(get("/a").status, 200);
  EXPECT_TRUE(get("/a").field("cache-status").starts_with("meridian; hit"));
  EXPECT_EQ(get("/a", "User-Agent: SomeBot/1.0\r\n").status, 403);
}

TEST(RulesOfPlaces, AskWhereAClientIs) {
  Origin origin(echo);
  const auto copies = std::filesystem::path(::testing::TempDir()) / "rules-of-places";
  std::filesystem::remove_all(copies);
  World world({&origin}, [&](EdgeOptions& options) {
    options.geoip.push_back(std::filesystem::path(MERIDIAN_GEOIP_FIXTURE) / "fixture-country.mmdb");
    options.geoip_copies = copies;
    options.proxies.push_back(*parse_prefix("127.0.0.0/8"));
  });
  v1::Rule france, tell;
  france.mutable_match()->add_countries("FR");
  france.mutable_deny()->set_status(451);
  tell.mutable_set_request_header()->set_name("X-Rule");
  tell.mutable_set_request_header()->set_value("${country}");
  world.rules = {{"france", france}, {"tell", tell}};
  for (const auto& [name, rule] : world.rules) world.site.add_rules(name);
  ASSERT_TRUE(world.apply());
  const auto get_from = [&](const std::string& client, const std::string& target) {
    Client visitor(world.https_port(), kHost, nullptr,
                   "PROXY TCP4 " + client + " 127.0.0.1 1000 443\r\n");
    return visitor.get(kHost, target);
  };
  EXPECT_EQ(get_from("134.157.0.1", "/a").status, 451);
  EXPECT_EQ(get_from("128.59.0.1", "/b").body, "/b US");
  EXPECT_EQ(get_from("127.0.0.1", "/c").body, "/c ") << "nobody knows where";
  EXPECT_EQ(get_from("134.157.0.1", "/b").status, 451) << "though it is stored";
  v1::HttpExplainRequest request;
  request.set_url("https://www.shop.example/");
  request.set_client("128.59.0.1");
  const auto told = world.edge().explain_http(request);
  EXPECT_EQ(told.country(), "US");
  ASSERT_EQ(told.rules_size(), 2);
  EXPECT_EQ(told.rules(0).reason(), "countries: the client is in US");
}

TEST_F(RulesOfASite, ExplanationsTellWhatWouldBecomeOfARequest) {
  auto& rule = add("no-admin");
  rule.mutable_match()->add_paths("/admin/*");
  rule.mutable_deny();
  EXPECT_EQ(get("/").status, 200);
  v1::HttpExplainRequest request;
  request.set_url("https://www.shop.example/admin/");
  request.set_client("192.0.2.1");
  const auto told = world_.edge().explain_http(request);
  EXPECT_EQ(told.site(), "shop");
  EXPECT_EQ(told.status(), 403u);
  EXPECT_EQ(told.reason(), "the rule 'no-admin' answers");
}

}  // namespace
}  // namespace meridian::edge
