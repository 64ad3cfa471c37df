#include "edge-node/policy/invalidate.h"

#include <gtest/gtest.h>

namespace meridian::edge {
namespace {

using Targets = std::vector<std::string>;

Targets after(std::string_view method, int status, std::string_view location = {}) {
  http::Fields response;
  if (!location.empty()) response.add("Location", location);
  return invalidated_targets(method,
                             {.host = "www.shop.test", .target = "/cart/items?a=1", .port = 8443},
                             status, response);
}

TEST(Invalidate, OnlyAnUnsafeRequestThatSucceeded) {
  EXPECT_EQ(after("POST", 201), Targets{"/cart/items?a=1"});
  EXPECT_EQ(after("M-SEARCH", 302), Targets{"/cart/items?a=1"});
  EXPECT_TRUE(after("GET", 200).empty());
  EXPECT_TRUE(after("DELETE", 404).empty());
  EXPECT_TRUE(after("PUT", 500).empty());
}

TEST(Invalidate, WhatLocationNamesOfTheSameOrigin) {
  const struct {
    const char* location;
    const char* target;  // null: none
  } cases[] = {
      {"/x?y=1#z", "/x?y=1"},
      {"https://WWW.shop.test:8443/x", "/x"},
      {"https://www.shop.test:8443", "/"},
      {"//www.shop.test:8443?q", "/?q"},
      {"7", "/cart/7"},
      {"?b=2", "/cart/items?b=2"},
      {"https://other.test:8443/x", nullptr},
      {"//other.test:8443/x", nullptr},
      {"http://www.shop.test:8443/x", nullptr},
      {"https://www.shop.test/x", nullptr},
      {"https://www.shop.test:443/x", nullptr},
      {"//www.shop.test:x/x", nullptr},
      {"mailto:a@b.test", nullptr},
      {"https:x", nullptr},
  };
  for (const auto& one : cases) {
    const auto targets = after("POST", 200, one.location);
    ASSERT_EQ(targets.size(), one.target ? 2u : 1u) << one.location;
    if (one.target) {
      EXPECT_EQ(targets[1], one.target) << one.location;
    }
  }
}

TEST(Invalidate, ContentLocationToo) {
  http::Fields response;
  response.add("Content-Location", "/a");
  response.add("Location", "/b");
  EXPECT_EQ(invalidated_targets("PUT", {.host = "h", .target = "/t"}, 204, response),
            (Targets{"/t", "/b", "/a"}));
}

TEST(Invalidate, APortThatIsNotSaidIsThatOfTheScheme) {
  http::RequestHead request;
  request.host = "www.shop.test";
  request.target = "/t";
  const struct {
    const char* authority;
    bool https;
    const char* location;
    bool same;
  } cases[] = {
      {"www.shop.test", true, "https://www.shop.test:443/x", true},
      {"www.shop.test:443", true, "https://www.shop.test/x", true},
      {"www.shop.test:", true, "https://www.shop.test:/x", true},
      {"www.shop.test", false, "http://www.shop.test:80/x", true},
      {"www.shop.test", false, "//www.shop.test/x", true},
      {"", true, "https://www.shop.test/x", true},
      {"www.shop.test", true, "http://www.shop.test/x", false},
      {"www.shop.test", false, "https://www.shop.test/x", false},
      {"www.shop.test", true, "http://www.shop.test:443/x", false},
      {"www.shop.test:8443", true, "https://www.shop.test/x", false},
      {"www.shop.test", true, "https://www.shop.test:99999999999/x", false},
  };
  for (const auto& one : cases) {
    http::Fields response;
    response.add("Location", one.location);
    const auto uri = target_uri(request, one.authority, one.https);
    EXPECT_EQ(invalidated_targets("POST", uri, 200, response).size(), one.same ? 2u : 1u)
        << one.authority << " " << one.location;
  }
  request.host = "[2001:db8::1]";
  http::Fields response;
  response.add("Location", "https://[2001:DB8::1]:8443/x");
  EXPECT_EQ(
      invalidated_targets("POST", target_uri(request, "[2001:db8::1]:8443", true), 200, response)
          .size(),
      2u);
}

TEST(ContentLocation, NamesTheTargetItselfOrSomethingElse) {
  const auto names_target = [](std::string_view reference) {
    http::Fields fields;
    fields.add("Content-Location", reference);
    return is_of_target(fields, {.host = "www.shop.example", .target = "/a/b?c"});
  };
  for (const auto* same : {"/a/b?c", "b?c", "?c", "", "https://www.shop.example/a/b?c",
                           "https://WWW.shop.example:443/a/b?c", "//www.shop.example/a/b?c"})
    EXPECT_TRUE(names_target(same)) << same;
  for (const auto* other : {"/a/b", "/a/b?d", "c", "https://shop.example/a/b?c",
                            "http://www.shop.example/a/b?c", "//www.shop.example:8443/a/b?c"})
    EXPECT_FALSE(names_target(other)) << other;
  EXPECT_FALSE(is_of_target({}, {.host = "www.shop.example", .target = "/a/b?c"}));
  http::Fields twice;
  for (int i = 0; i < 2; ++i) twice.add("Content-Location", "/a/b?c");
  EXPECT_FALSE(is_of_target(twice, {.host = "www.shop.example", .target = "/a/b?c"}));
}

}  // namespace
}  // namespace meridian::edge
