#include "edge-node/request/rules.h"

#include <gtest/gtest.h>

#include "edge-node/request/snapshot.h"

namespace meridian::edge {
namespace {

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

TEST(Rules, EveryListThatIsGivenMustMatch) {
  const Rule rule{.paths = {"/x*"},
                  .methods = {"POST"},
                  .client_prefixes = {*parse_prefix("192.0.2.0/24")},
                  .action = DenyAction{.status = 451}};
  const auto status = [&](const char* method, const char* target, const char* client) {
    http::RequestHead request;
    request.method = method;
    request.target = target;
    return apply_rules({rule}, request, *parse_address(client)).status;
  };
  EXPECT_EQ(status("POST", "/x?y", "192.0.2.9"), 451);
  EXPECT_EQ(status("GET", "/x?y", "192.0.2.9"), 0);
  EXPECT_EQ(status("POST", "/y", "192.0.2.9"), 0);
  EXPECT_EQ(status("POST", "/x", "198.51.100.1"), 0);
}

TEST(Rules, TheFirstThatEndsARequestWins) {
  const Rule redirect{.paths = {},
                      .methods = {},
                      .client_prefixes = {},
                      .action = RedirectAction{.location = "/new", .status = 301}};
  const Rule deny{.paths = {}, .methods = {}, .client_prefixes = {}, .action = DenyAction{}};
  http::RequestHead request;
  const auto ruling = apply_rules({redirect, deny}, request, {});
  EXPECT_EQ(ruling.status, 301);
  EXPECT_EQ(ruling.location, "/new");
}

TEST(FindSite, ExactNamesThenTheLongestWildcard) {
  Snapshot snapshot;
  const auto add = [&](const char* name) {
    auto site = std::make_unique<Site>();
    site->name = name;
    snapshot.sites.push_back(std::move(site));
    return snapshot.sites.back().get();
  };
  snapshot.exact["www.shop.example"] = add("exact");
  snapshot.wildcard["shop.example"] = add("wide");
  snapshot.wildcard["cdn.shop.example"] = add("narrow");
  EXPECT_EQ(snapshot.find_site("www.shop.example")->name, "exact");
  EXPECT_EQ(snapshot.find_site("a.shop.example")->name, "wide");
  EXPECT_EQ(snapshot.find_site("a.b.cdn.shop.example")->name, "narrow");
  EXPECT_EQ(snapshot.find_site("shop.example"), nullptr);
  EXPECT_EQ(snapshot.find_site("example"), nullptr);
}

}  // namespace
}  // namespace meridian::edge
