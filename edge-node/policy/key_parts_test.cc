#include "edge-node/policy/key_parts.h"

#include <gtest/gtest.h>

namespace meridian::edge {
namespace {

TEST(KeyParts, AllOfTheQueryCountsUnlessThePolicySaysLess) {
  EXPECT_EQ(key_target("/a?x=1&y=2", {}), "/a?x=1&y=2");
  CachePolicy policy;
  policy.ignore_query = true;
  EXPECT_EQ(key_target("/a?x=1&y=2", policy), "/a");
}

TEST(KeyParts, IgnoredParametersAreLeftOut) {
  CachePolicy policy;
  policy.ignore_query_parameters = {"utm_*", "ref"};
  EXPECT_EQ(key_target("/a?utm_source=m&x=1&ref=2&reference=3&utm_", policy), "/a?x=1&reference=3");
  EXPECT_EQ(key_target("/a?ref", policy), "/a");
  EXPECT_EQ(key_target("/a", policy), "/a");
  EXPECT_EQ(key_target("/a?&&x", policy), "/a?&&x");
}

TEST(KeyParts, OnlyKeptParametersCount) {
  CachePolicy policy;
  policy.keep_query_parameters = {"page", "size*"};
  EXPECT_EQ(key_target("/a?x=1&page=2&sizes=3", policy), "/a?page=2&sizes=3");
}

TEST(KeyParts, NamedFieldsAndCookiesTellResponsesApart) {
  CachePolicy policy;
  EXPECT_EQ(key_fields({}, policy), "");
  policy.key_headers = {"x-device"};
  policy.key_cookies = {"currency"};
  http::Fields request, other;
  request.add("X-Device", "phone");
  request.add("Cookie", "a=b; currency=EUR; c");
  other.add("X-Device", " phone ");
  other.add("Cookie", "currency=EUR");
  EXPECT_EQ(key_fields(request, policy), key_fields(other, policy));
  EXPECT_EQ(key_fields(request, policy), "\nx-device:phone,\ncookie currency=EUR");
  EXPECT_EQ(key_fields({}, policy), "\nx-device!\ncookie currency!");
}

TEST(KeyParts, CookiesMayKeepARequestAway) {
  CachePolicy policy;
  policy.bypass_cookies = {"session*", "cart"};
  http::Fields request;
  request.add("Cookie", "a=b");
  EXPECT_FALSE(bypasses_cache(request, policy));
  request.add("Cookie", "x=y; session_id=1");
  EXPECT_TRUE(bypasses_cache(request, policy));
  EXPECT_FALSE(bypasses_cache(request, {}));
}

}  // namespace
}  // namespace meridian::edge
