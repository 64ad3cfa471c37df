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

// Origins that decode names, take the last of one, or split at semicolons, too.
TEST(KeyParts, ParametersThatAnOriginMayTakeForOthersCount) {
  CachePolicy keep, ignore;
  keep.keep_query_parameters = {"id", "page_size"};
  ignore.ignore_query_parameters = {"utm_*", "ref", "a[b]", "a%5Bc%5D"};
  for (const auto* target :
       {"/p?id=1&%69d=2", "/p?id=1&i%64=2", "/p?id=1&+id=2", "/p?id=1&id[]=2", "/p?id=1&a;id=2",
        "/p?id=1&a=b;id=2", "/p?id=1&ID=2", "/p?id=1&page.size=2"})
    EXPECT_EQ(key_target(target, keep), target);
  EXPECT_EQ(key_target("/p?id=1&x=%69d&ids=3&y=a+b[", keep), "/p?id=1");
  for (const auto* target :
       {"/p?utm_source=a;id=2", "/p?utm_;id=2", "/p?utm_%69=2", "/p?utm_+=2", "/p?utm_x[id]=2",
        "/p?ref=a;id=2", "/p?r%65f=2", "/p?REF=2", "/p?a[b]=;id=2", "/p?a[d]=2"})
    EXPECT_EQ(key_target(target, ignore), target);
  EXPECT_EQ(key_target("/p?utm_source=a%3Bid=2&ref=+[&a[b]=1&a%5Bc%5D=2", ignore), "/p")
      << "in values that nobody splits, and where the policy names them whole";
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
  EXPECT_EQ(key_fields(request, policy), "\nx-device=phone\ncookie currency;currency=EUR");
  EXPECT_EQ(key_fields({}, policy), "\nx-device!\ncookie currency!");
}

TEST(KeyParts, NamedFieldsCountByTheirText) {
  CachePolicy policy;
  policy.key_headers = {"x-tenant", "accept-language"};
  const auto key = [&](std::vector<std::string> tenants, std::string_view languages = "en") {
    http::Fields request;
    for (const auto& tenant : tenants) request.add("X-Tenant", tenant);
    request.add("Accept-Language", languages);
    return key_fields(request, policy);
  };
  EXPECT_EQ(key({"acme"}), key({" acme "}));
  for (const auto* other : {"acme,", ",acme", "acme, ", "", "acme,acme"})
    EXPECT_NE(key({"acme"}), key({other})) << other;
  EXPECT_NE(key({"acme"}), key({"acme", ""}));
  EXPECT_NE(key({"acme", "b"}), key({"acme, b"}));
  EXPECT_EQ(key({"acme"}, "en, de"), key({"acme"}, "de,en"));
  EXPECT_NE(key({"acme"}, "en"), key({"acme"}, "en,"));
}

std::string cookie_key(const std::vector<std::string>& lines) {
  CachePolicy policy;
  policy.key_cookies = {"lang", "page_size"};
  http::Fields request;
  for (const auto& line : lines) request.add("Cookie", line);
  return key_fields(request, policy);
}

TEST(KeyParts, AllCookiesOfANameCountAsTheyStand) {
  const auto plain = cookie_key({"lang=de"});
  for (const auto* same : {"a=b; lang=de", "lang=de; a=b", "lang=de;a=\"b\"", "langs=x;  lang=de",
                           "lang=de; AMCV_1%40AdobeOrg=x", "lang=de; a+b=%6cang", "%6=x; lang=de"})
    EXPECT_EQ(cookie_key({same}), plain) << same;
  for (const auto* other :
       {"lang=de; lang=xx", "lang=xx; lang=de", "lang=de; lang=de", "lang=\"de\"", "lang= de",
        "lang =de", "lang=de ;a=b", "lang=de,", "lang", "lang=", "", "lang=de; LANG=xx",
        "lang=de; %6cang=xx", "lang=de; +lang=xx", "lang=de; lang[0]=xx", "lang=de; page.size=2",
        "lang=de; page size=2"})
    EXPECT_NE(cookie_key({other}), plain) << other;
  EXPECT_NE(cookie_key({"lang=a;lang=b"}), cookie_key({"lang=a=lang=b"}));
}

// Whether `lang` stands in a quoted string, or behind a comma, depends on the origin.
TEST(KeyParts, WhereItIsUnclearWhatACookieIsAllCount) {
  const auto plain = cookie_key({"lang=de"});
  for (const auto* other :
       {"x=\"a; lang=de; y=b\"", "x=\"a\\\"; lang=de; y=\"b", "lang=de; x=\"", "\"; lang=de; \""})
    EXPECT_NE(cookie_key({other}), plain) << other;
  EXPECT_NE(cookie_key({"x=\"a; lang=de"}), cookie_key({"x=\"b; lang=de"}));
  EXPECT_NE(cookie_key({"x=1", "lang=de"}), plain);
  EXPECT_NE(cookie_key({"lang=de", ""}), plain);
  EXPECT_NE(cookie_key({"x=1", "lang=de"}), cookie_key({"x=1; lang=de"}));
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
