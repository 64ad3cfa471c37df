#include "edge-node/policy/invalidate.h"

#include <gtest/gtest.h>

namespace meridian::edge {
namespace {

using Targets = std::vector<std::string>;

Targets after(std::string_view method, int status, std::string_view location = {}) {
  http::Fields response;
  if (!location.empty()) response.add("Location", location);
  return invalidated_targets(method, "www.shop.test", "/cart/items?a=1", status, response);
}

TEST(Invalidate, OnlyAnUnsafeRequestThatSucceeded) {
  EXPECT_EQ(after("POST", 201), Targets{"/cart/items?a=1"});
  EXPECT_EQ(after("M-SEARCH", 302), Targets{"/cart/items?a=1"});
  EXPECT_TRUE(after("GET", 200).empty());
  EXPECT_TRUE(after("DELETE", 404).empty());
  EXPECT_TRUE(after("PUT", 500).empty());
}

TEST(Invalidate, WhatLocationNamesOnTheSameHost) {
  const struct {
    const char* location;
    const char* target;  // null: none
  } cases[] = {
      {"/x?y=1#z", "/x?y=1"},
      {"https://WWW.shop.test:8443/x", "/x"},
      {"http://www.shop.test", "/"},
      {"//www.shop.test?q", "/?q"},
      {"7", "/cart/7"},
      {"?b=2", "/cart/items?b=2"},
      {"https://other.test/x", nullptr},
      {"//other.test/x", nullptr},
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
  EXPECT_EQ(invalidated_targets("PUT", "h", "/t", 204, response), (Targets{"/t", "/b", "/a"}));
}

TEST(ContentLocation, NamesTheTargetItselfOrSomethingElse) {
  const auto names_target = [](std::string_view reference) {
    http::Fields fields;
    fields.add("Content-Location", reference);
    return is_of_target(fields, "www.shop.example", "/a/b?c");
  };
  for (const auto* same : {"/a/b?c", "b?c", "?c", "", "https://www.shop.example/a/b?c",
                           "http://WWW.shop.example:8443/a/b?c", "//www.shop.example/a/b?c"})
    EXPECT_TRUE(names_target(same)) << same;
  for (const auto* other : {"/a/b", "/a/b?d", "c", "https://shop.example/a/b?c"})
    EXPECT_FALSE(names_target(other)) << other;
  EXPECT_FALSE(is_of_target({}, "www.shop.example", "/a/b?c"));
  http::Fields twice;
  for (int i = 0; i < 2; ++i) twice.add("Content-Location", "/a/b?c");
  EXPECT_FALSE(is_of_target(twice, "www.shop.example", "/a/b?c"));
}

}  // namespace
}  // namespace meridian::edge
