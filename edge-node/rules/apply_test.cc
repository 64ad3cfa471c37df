#include "edge-node/rules/apply.h"

#include <gtest/gtest.h>

#include "edge-node/rules/test_request.h"

namespace meridian::edge {
namespace {

const IpAddress kClient = *parse_address("192.0.2.9");

struct Applied {
  std::vector<RulePtr> rules;  // what the others see
  Ruling ruling;
  http::RequestHead request;
  std::vector<RuleStep> steps;
};
Applied apply(const std::vector<RulePtr>& rules, http::RequestHead request,
              RateLimits* limits = nullptr) {
  Applied applied{.rules = rules, .ruling = {}, .request = std::move(request), .steps = {}};
  const Subject subject{.request = applied.request,
                        .client = kClient,
                        .tls = true,
                        .place = {.country = country_code("FR"), .asn = 64496}};
  applied.ruling = apply_rules(
      rules, applied.request, subject,
      {.limits = limits, .now = Instant(std::chrono::hours(1)), .steps = &applied.steps});
  return applied;
}
Match paths(std::string glob) {
  Match match;
  match.paths = {std::move(glob)};
  return match;
}
Match regex(const std::string& pattern) {
  Match match;
  match.path_regex = regex_of(pattern);
  return match;
}
HeaderAction change(HeaderChange::Kind kind, HeaderChange::Side side, std::string name,
                    const std::string& value = "") {
  return {
      {HeaderChange{.side = side, .kind = kind, .name = std::move(name), .value = text_of(value)}}};
}
using Kind = HeaderChange::Kind;
using Side = HeaderChange::Side;

TEST(ApplyRules, TheFirstThatAnswersEndsThem) {
  const auto redirect = rule_of({}, RedirectAction{.location = text_of("/new"), .status = 301});
  const auto applied = apply({redirect, rule_of({}, DenyAction{})}, request_of("GET", "/"));
  EXPECT_EQ(applied.ruling.status, 301);
  EXPECT_EQ(applied.ruling.location, "/new");
  EXPECT_EQ(applied.steps.size(), 1u);
}

TEST(ApplyRules, AllowEndsThemToo) {
  const auto allow = rule_of(paths("/open/*"), AllowAction{});
  const auto deny = rule_of({}, DenyAction{});
  EXPECT_EQ(apply({allow, deny}, request_of("GET", "/open/a")).ruling.status, 0);
  EXPECT_EQ(apply({allow, deny}, request_of("GET", "/a")).ruling.status, 403);
}

TEST(ApplyRules, NoSpellingLeadsPastThem) {
  const auto deny = rule_of(paths("/admin/*"), DenyAction{});
  for (const auto* path : {"/%61dmin/x", "//admin/x", "/./admin/x", "/a/../admin/x", "/admin/../b"})
    EXPECT_EQ(apply({deny}, request_of("GET", path)).ruling.status, 403) << path;
  const auto spelled = rule_of(regex("\\.\\./|%2f|//"), DenyAction{});
  for (const auto* path : {"/a/../b", "/a%2fb", "/a//b"})
    EXPECT_EQ(apply({spelled}, request_of("GET", path)).ruling.status, 403) << path;
  const auto allow = rule_of(paths("/open/*"), AllowAction{});
  const auto others = rule_of({}, DenyAction{});
  EXPECT_EQ(apply({allow, others}, request_of("GET", "/open/../admin")).ruling.status, 403);
  EXPECT_EQ(apply({allow, others}, request_of("GET", "/%6fpen/a")).ruling.status, 0);
  Match match = paths("/admin/*");
  match.except.push_back(paths("/admin/open/*"));
  EXPECT_EQ(
      apply({rule_of(match, DenyAction{})}, request_of("GET", "/admin/open/../x")).ruling.status,
      403);
}

TEST(ApplyRules, AGroupIsOfThePathThatWasFound) {
  const auto rule = rule_of(regex("^/api/([a-z]+)$"), rewrite_to("/v2/${1}"));
  EXPECT_EQ(apply({rule}, request_of("GET", "/%61pi/users")).request.target, "/v2/users");
  const auto strip = rule_of({}, rewrite_prefix("/api"));
  EXPECT_EQ(apply({strip}, request_of("GET", "//api/x?q")).request.target, "/x?q");
}

TEST(ApplyRules, LocationsAreMadeOfTheRequest) {
  const auto location = [](const std::string& pattern, const std::string& text,
                           const std::string& target) {
    const auto rule = rule_of(pattern.empty() ? Match() : regex(pattern),
                              RedirectAction{.location = text_of(text, 9)});
    return apply({rule}, request_of("GET", target)).ruling.location;
  };
  EXPECT_EQ(location("^/old/(.*)$", "https://new.example/${1}${query}", "/old/a/b?c=d"),
            "https://new.example/a/b?c=d");
  EXPECT_EQ(location("", "https://${host}${uri}", "/a?b"), "https://www.shop.example/a?b");
  EXPECT_EQ(location("", "/${country}/${asn}/${scheme}/${method}/${client}", "/a"),
            "/FR/64496/https/GET/192.0.2.9");
  EXPECT_EQ(location("^/go/(.*)$", "/${1}", "/go//evil.example"), "/evil.example")
      << "no other host";
  EXPECT_EQ(location("^/go/(.*)$", "/${1}", "/go/\\evil.example"), "/evil.example");
}

TEST(ApplyRules, RewritesWhatFollowingRulesSee) {
  const auto target = [](RewriteAction action, const std::string& from,
                         const std::string& pattern) {
    Match match;
    if (!pattern.empty()) match.path_regex = regex_of(pattern);
    const auto applied =
        apply({rule_of(match, std::move(action)), rule_of(paths("/v2/*"), DenyAction{})},
              request_of("GET", from));
    return applied.request.target + (applied.ruling.status == 0 ? "" : " denied");
  };
  EXPECT_EQ(target(rewrite_to("/v2/${1}"), "/api/a?x=1", "^/api/(.*)$"), "/v2/a?x=1 denied");
  EXPECT_EQ(target(rewrite_to("/a", "y=${1}"), "/b/c?x", "^/b/(.*)$"), "/a?y=c");
  EXPECT_EQ(target(rewrite_to("", ""), "/b?x", ""), "/b");
  EXPECT_EQ(target(rewrite_to("", "${query}&z"), "/b?x", ""), "/b?x&z");
  EXPECT_EQ(
      target(rewrite_to("/a", "y=${1}&role=user"), "/b/c&role=admin;d+e=f%26?x&z", "^/b/(.*)$"),
      "/a?y=c%26role=admin%3Bd%2Be=f%26&role=user");
  EXPECT_EQ(target(rewrite_to("/a", "u=${path}"), "/b&c;d?x", ""), "/a?u=/b%26c%3Bd");
  EXPECT_EQ(target(rewrite_to("/a", "u=${uri}"), "/b&c?x&z;+", ""), "/a?u=/b%26c?x&z;+");
  EXPECT_EQ(target(rewrite_to("/a&${1}"), "/b/c&d;e+f", "^/b/(.*)$"), "/a&c&d;e+f") << "no query";
  EXPECT_EQ(target(rewrite_prefix("/shop"), "/shop/a", ""), "/a");
  EXPECT_EQ(target(rewrite_prefix("/shop/"), "/shop", ""), "/");
  EXPECT_EQ(target(rewrite_prefix("/shop"), "/shopping", ""), "/shopping");
  EXPECT_EQ(target(rewrite_prefix("/shop", "/v2"), "/shop/a?b", ""), "/v2/a?b denied");
  EXPECT_EQ(target(rewrite_to("${1}"), "/api", "^/(api)"), "/api") << "one slash at least";
}

TEST(ApplyRules, ARewriteLetsNobodyOutOfItsPrefix) {
  const auto target = [](const Match& match, RewriteAction action, const std::string& from) {
    return apply({rule_of(match, std::move(action))}, request_of("GET", from)).request.target;
  };
  const auto tenant = rewrite_prefix("", "/tenant-a");
  for (const auto* path : {"/../tenant-b/x", "/%2e%2E/tenant-b/x", "/..%2ftenant-b/x",
                           "/\\..\\..\\tenant-b/x", "/a/..%5c..//tenant-b/x", "/./tenant-b/x",
                           "/..;/tenant-b/x", "/a;b/%2e%2e;c/..%3b/tenant-b/x;d"})
    EXPECT_EQ(target({}, tenant, path), "/tenant-a/tenant-b/x") << path;
  for (const auto* path : {"/a%2fb//%63", "/a..b/.c?/../d", "/a;b/%3bc/..d;e"})
    EXPECT_EQ(target({}, tenant, path), std::string("/tenant-a") + path) << "as it came";

  const auto shop = rewrite_prefix("/shop", "/public");
  for (const auto* path : {"/shop/../private/x", "/shop/%2e%2e/private/x"}) {
    EXPECT_EQ(target(paths("/shop/*"), shop, path), path) << "not the rule's";
    EXPECT_EQ(target({}, shop, path), "/public/private/x") << path;
  }
  EXPECT_EQ(target({}, shop, "/shop/..%2fprivate/x"), "/public/private/x");
  EXPECT_EQ(target({}, shop, "/x/../shop/a?b"), "/public/a?b");

  const auto files = regex("^/files/(.*)$");
  EXPECT_EQ(target(files, rewrite_to("/data/${1}"), "/files/%2e%2e/%2e%2e/etc/x"),
            "/files/%2e%2e/%2e%2e/etc/x");
  EXPECT_EQ(target(files, rewrite_to("/data/${1}"), "/files/a/../b"), "/data/b");
  EXPECT_EQ(target({}, rewrite_to("/data${path}"), "/../etc/x"), "/data/etc/x");
  EXPECT_EQ(target({}, rewrite_to("/data${uri}"), "/..%2fetc/x"), "/data/etc/x");
  EXPECT_EQ(target({}, rewrite_to("/data/${query}"), "/a?../x"), "/data/x?../x");
  for (const auto* path :
       {"/files../etc/x", "/files%2e%2E/etc/x", "/files..%2fetc/x", "/files..;/etc/x"})
    EXPECT_EQ(target(regex("^/files(.*)$"), rewrite_to("/data/${1}"), path), "/data/etc/x") << path;
}

TEST(ApplyRules, ADetourIsGivenNothing) {
  const auto takes = [](const auto& action, const std::string& path, const Match& match) {
    return apply({rule_of(match, action)}, request_of("GET", path)).steps[0].matched;
  };
  CacheOverride keep, bypass;
  keep.ttl = std::chrono::seconds(60);
  bypass.bypass = true;
  const ChoosePoolAction pool{.name = "other", .pool = nullptr};
  for (const auto& match : {paths("/static/*"), regex("^/static/")}) {
    for (const auto* path :
         {"/static/../account", "/static/%2e%2e/account", "/static/..%2Faccount",
          "/static/..%5caccount", "/static/..\\account", "/static/a%2f../../account", "/static%2Fa",
          "/static/..;/account", "/static/%2e%2e;x/account", "/static/..%3Baccount/account"}) {
      EXPECT_FALSE(takes(keep, path, match)) << path;
      EXPECT_FALSE(takes(pool, path, match)) << path;
      EXPECT_FALSE(takes(AllowAction{}, path, match)) << path;
      EXPECT_FALSE(takes(rewrite_prefix("", "/v2"), path, match)) << path;
      EXPECT_TRUE(takes(bypass, path, match)) << path;
      EXPECT_TRUE(takes(DenyAction{}, path, match)) << path;
    }
    for (const auto* path : {"/static/a", "/%73tatic/a", "/static/x/../a", "/static/a%2fb",
                             "/static/a%2f..%2fb", "/static/a;v=1", "/static/a%3bv/b;c"}) {
      EXPECT_TRUE(takes(keep, path, match)) << path;
      EXPECT_TRUE(takes(AllowAction{}, path, match)) << path;
    }
  }
}

TEST(ApplyRules, EncodedSlashesLeadPastNone) {
  const auto deny = rule_of(paths("/admin/*"), DenyAction{});
  for (const auto* path :
       {"/admin%2Fusers", "/admin%2fusers", "/admin%5Cusers", "/admin\\users",
        "/x/..%2Fadmin/users", "/x%2f%2e%2e%2fadmin%2fusers", "/admin%2Fx/../users"})
    EXPECT_EQ(apply({deny}, request_of("GET", path)).ruling.status, 403) << path;
  EXPECT_EQ(apply({deny}, request_of("GET", "/x%2Fadmin/a")).ruling.status, 0);
  const auto allow = rule_of(paths("/public/*"), AllowAction{});
  const auto others = rule_of({}, DenyAction{});
  const auto applied = apply({allow, others}, request_of("GET", "/public/..%2Fadmin"));
  EXPECT_EQ(applied.ruling.status, 403);
  EXPECT_EQ(applied.steps[0].reason,
            "paths: '/admin' is none of them (as some origins read the path)");
  EXPECT_EQ(
      apply({rule_of(regex("^/public/"), AllowAction{})}, request_of("GET", "/public/..%2Fadmin"))
          .steps[0]
          .reason,
      "path_regex: finds nothing in '/admin' (as some origins read the path)");
  EXPECT_EQ(apply({allow}, request_of("GET", "/a%2fb")).steps[0].reason,
            "paths: '/a%2Fb' is none of them");
  const auto project = rule_of(paths("/projects/a%2Fb"), AllowAction{});
  EXPECT_EQ(apply({project, others}, request_of("GET", "/projects/a%2fb")).ruling.status, 0)
      << "a pattern may say that it means them";
  EXPECT_EQ(apply({project, others}, request_of("GET", "/projects/a/b")).ruling.status, 403);
}

TEST(ApplyRules, ParametersLeadPastNone) {
  const auto deny = rule_of(paths("/admin/*"), DenyAction{});
  const auto users = rule_of(paths("/admin/users"), DenyAction{});
  for (const auto* path :
       {"/admin;x/users", "/admin;/users;y", "/;x/admin/users", "/%61dmin%3bx/users",
        "/x/..;/admin/users", "/admin;a%2fb/users", "/x%2f..;a%2fb/admin/users"}) {
    EXPECT_EQ(apply({deny}, request_of("GET", path)).ruling.status, 403) << path;
    EXPECT_EQ(apply({users}, request_of("GET", path)).ruling.status, 403) << path;
  }
  EXPECT_EQ(apply({deny}, request_of("GET", "/admin;x/..%3b/y")).ruling.status, 403);
  EXPECT_EQ(apply({deny}, request_of("GET", "/x;/admin/users")).ruling.status, 0);

  const auto others = rule_of({}, DenyAction{});
  const auto allows = [&](const Match& match, const char* path) {
    return apply({rule_of(match, AllowAction{}), others}, request_of("GET", path)).ruling.status ==
           0;
  };
  EXPECT_TRUE(allows(paths("/a;v=*/b"), "/a;v=1/b")) << "a pattern may say that it means them";
  EXPECT_FALSE(allows(paths("/a;v=*/b"), "/a/b"));
  EXPECT_FALSE(allows(paths("/a;v=*/b"), "/a;v=/..;/c/b"));
  EXPECT_TRUE(allows(regex("^/a(;v=[0-9]+)?/b$"), "/a;v=1/b"));
  EXPECT_FALSE(allows(paths("*.png"), "/account;x.png"));
}

TEST(ApplyRules, WhoResolvesNothingIsLedPastNone) {
  const auto others = rule_of({}, DenyAction{});
  const auto health = rule_of(paths("/partners/health"), AllowAction{});
  for (const auto* path : {"/partners/reports/../health", "/partners//health", "/partners/./health",
                           "/partners/reports/%2e%2e/health"}) {
    const auto applied = apply({health, others}, request_of("GET", path));
    EXPECT_EQ(applied.ruling.status, 403) << path;
  }
  EXPECT_EQ(apply({health}, request_of("GET", "/partners/a/%2E./health")).steps[0].reason,
            "paths: '/partners/a/../health' is none of them (as some origins read the path)");
  EXPECT_EQ(apply({health, others}, request_of("GET", "/p%61rtners/health")).ruling.status, 0);

  Match match = paths("/partners/*");
  match.except.push_back(paths("/partners/health"));
  const auto secret =
      rule_of(match, RequireAction{.header = "X-Key", .values = {"12345678"}, .status = 403});
  EXPECT_EQ(apply({secret}, request_of("GET", "/partners/reports/../health")).ruling.status, 403);
  EXPECT_EQ(apply({secret}, request_of("GET", "/partners/health")).ruling.status, 0);

  const auto deny = rule_of(paths("/admin/*"), DenyAction{});
  for (const auto* path : {"/%61dmin/../x", "/admin%2f../x", "/admin;x/../y"})
    EXPECT_EQ(apply({deny}, request_of("GET", path)).ruling.status, 403) << path;
}

TEST(ApplyRules, WhatTakesKnowsAMethodInAnyLetterCase) {
  Match posts;
  posts.methods = {"GET", "POST"};
  const auto status = [](const std::vector<RulePtr>& rules, const char* method) {
    return apply(rules, request_of(method, "/")).ruling.status;
  };
  const auto deny = rule_of(posts, DenyAction{});
  const auto others = rule_of({}, DenyAction{.status = 451});
  const auto allow = rule_of(posts, AllowAction{});
  for (const auto* method : {"post", "Post", "pOST"}) {
    EXPECT_EQ(status({deny}, method), 403) << method;
    EXPECT_EQ(status({allow, others}, method), 451) << method;
  }
  EXPECT_EQ(status({deny}, "POS"), 0);
  EXPECT_EQ(status({allow, others}, "POST"), 0);

  Match changes;
  changes.except.push_back(posts);
  EXPECT_EQ(status({rule_of(changes, DenyAction{})}, "get"), 403);
  EXPECT_EQ(status({rule_of(changes, DenyAction{})}, "GET"), 0);
  EXPECT_EQ(status({rule_of(changes, AllowAction{}), others}, "post"), 451);
  EXPECT_EQ(status({rule_of(changes, AllowAction{}), others}, "PUT"), 0);
}

TEST(ApplyRules, ExceptionsAreMetTheOtherWay) {
  const auto allow = [](const std::string& path) {
    Match match = paths("/*");
    match.except.push_back(paths("/admin/*"));
    return apply({rule_of(match, AllowAction{})}, request_of("GET", path)).steps[0].matched;
  };
  for (const auto* path : {"/admin/../x", "/x/..%2Fadmin/y", "/admin%5cx"})
    EXPECT_FALSE(allow(path)) << path;
  EXPECT_TRUE(allow("/x%2fadmin/y"));
  Match match = paths("/admin/*");
  match.except.push_back(paths("/admin/open/*"));
  const auto deny = rule_of(match, DenyAction{});
  EXPECT_EQ(apply({deny}, request_of("GET", "/admin/open/..%2Fx")).ruling.status, 403);
  EXPECT_EQ(apply({deny}, request_of("GET", "/admin/open%2Fx")).ruling.status, 403);
  EXPECT_EQ(apply({deny}, request_of("GET", "/admin/open/x%2Fy")).ruling.status, 0);
}

TEST(ApplyRules, ChangesFields) {
  const auto applied = apply({rule_of({}, change(Kind::set, Side::request, "X-A", "${country}")),
                              rule_of({}, change(Kind::add, Side::request, "X-A", "2")),
                              rule_of({}, change(Kind::remove, Side::request, "x-b")),
                              rule_of({}, change(Kind::set, Side::request, "x-c", "")),
                              rule_of({}, change(Kind::add, Side::response, "X-D", "${path}"))},
                             request_of("GET", "/p?q", {{"x-a", "0"}, {"X-B", "1"}, {"X-C", "1"}}));
  EXPECT_EQ(applied.request.fields.combined("x-a"), "FR, 2");
  EXPECT_FALSE(applied.request.fields.has("x-b"));
  EXPECT_FALSE(applied.request.fields.has("x-c"));
  ASSERT_EQ(applied.ruling.fields.size(), 1u);
  http::Fields answer;
  answer.add("X-D", "origin");
  change_field(answer, *applied.ruling.fields[0].change, applied.ruling.fields[0].value);
  EXPECT_EQ(answer.combined("x-d"), "origin, /p");
}

TEST(ApplyRules, ASecretLetsOn) {
  const auto rule =
      rule_of({}, RequireAction{.header = "X-Key", .values = {"old", "new"}, .status = 401});
  EXPECT_EQ(apply({rule}, request_of("GET", "/", {{"x-key", "new"}})).ruling.status, 0);
  EXPECT_EQ(apply({rule}, request_of("GET", "/", {{"x-key", "a"}, {"x-key", "old"}})).ruling.status,
            0);
  EXPECT_EQ(apply({rule}, request_of("GET", "/", {{"x-key", "newer"}})).ruling.status, 401);
  EXPECT_EQ(apply({rule}, request_of("GET", "/")).ruling.status, 401);
  EXPECT_EQ(apply({rule}, request_of("GET", "/")).steps[0].effect,
            "deny with 401: X-Key has no secret");
}

TEST(ApplyRules, AskingTooOftenIsRefused) {
  RateLimits limits(1, 64);
  const auto rule =
      rule_of({}, RatePace{.rule = 1, .each = std::chrono::milliseconds(1500), .burst = 1});
  EXPECT_EQ(apply({rule}, request_of("GET", "/"), &limits).ruling.status, 0);
  const auto applied = apply({rule}, request_of("GET", "/"), &limits);
  EXPECT_EQ(applied.ruling.status, 429);
  EXPECT_EQ(applied.ruling.retry_after, std::chrono::seconds(2));
  EXPECT_EQ(apply({rule}, request_of("GET", "/")).ruling.status, 0)
      << "an explanation counts nothing";
}

TEST(ApplyRules, TheLastPoolAndCacheOverrideCount) {
  const auto pool = [](std::string name) {
    return rule_of({}, ChoosePoolAction{.name = std::move(name), .pool = nullptr});
  };
  CacheOverride first, second;
  first.ttl = std::chrono::seconds(1);
  second.ttl = std::chrono::seconds(2);
  const auto applied = apply({pool("a"), rule_of({}, first), pool("b"), rule_of({}, second)},
                             request_of("GET", "/"));
  ASSERT_TRUE(applied.ruling.pool);
  EXPECT_EQ(applied.ruling.pool->name, "b");
  EXPECT_EQ(applied.ruling.cache.ttl, std::chrono::seconds(2));
}

TEST(ApplyRules, TellsEachStep) {
  const auto applied = apply(
      {rule_of(paths("/a/*"), DenyAction{}, "no-a"),
       rule_of({}, RespondAction{.status = 200, .content_type = "", .body = "hello"}, "hello")},
      request_of("GET", "/b"));
  ASSERT_EQ(applied.steps.size(), 2u);
  EXPECT_EQ(applied.steps[0].rule->name, "no-a");
  EXPECT_FALSE(applied.steps[0].matched);
  EXPECT_EQ(applied.steps[0].reason, "paths: '/b' is none of them");
  EXPECT_EQ(applied.steps[0].effect, "");
  EXPECT_EQ(applied.steps[1].effect, "respond with 200 and 5 bytes");
}

}  // namespace
}  // namespace meridian::edge
