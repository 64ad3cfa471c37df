#include "edge-node/policy/vary.h"

#include <gtest/gtest.h>

namespace meridian::edge {
namespace {

http::Fields one(std::string_view name, std::string_view value) {
  http::Fields fields;
  fields.add(name, value);
  return fields;
}

bool same(std::string_view name, std::string_view a, std::string_view b) {
  const auto vary = parse_vary(one("Vary", name));
  return selecting_values(vary, one(name, a)) == selecting_values(vary, one(name, b));
}

TEST(Vary, AnAsteriskInAListMatchesNothing) {
  EXPECT_TRUE(parse_vary(one("Vary", "Accept, *")).any);
  EXPECT_FALSE(parse_vary(one("Vary", "Accept, Accept-Language")).any);
}

TEST(Vary, WhatEdgesSayOfTheVisitorMatchesNothing) {
  const auto response = one("Vary", "Accept, X-Forwarded-For");
  const auto vary = parse_vary(response);
  EXPECT_TRUE(vary.any);
  EXPECT_EQ(match_variant(vary, selecting_values(vary, {}), response, {}), VariantMatch::none);
  EXPECT_FALSE(parse_vary(one("Vary", "X-Forwarded-Proto")).any);
}

http::Fields two(std::string_view name, std::string_view a, std::string_view b) {
  auto fields = one(name, a);
  fields.add(name, b);
  return fields;
}

TEST(Vary, AnyFieldCountsByItsText) {
  EXPECT_TRUE(same("Origin", "https://app.example", " https://app.example\t"));
  for (const auto* other : {"https://app.example,", ",https://app.example", "https://app.example, ",
                            "https://APP.example", "=https://app.example", ""})
    EXPECT_FALSE(same("Origin", "https://app.example", other)) << other;
  for (const auto* other : {"1,2", "1 , 2", "2, 1", "1, 2,"})
    EXPECT_FALSE(same("Foo", "1, 2", other)) << other;
  const auto vary = parse_vary(one("Vary", "Foo"));
  EXPECT_NE(selecting_values(vary, {}), selecting_values(vary, one("Foo", "")));
}

TEST(Vary, LinesOfAFieldAreToldFromOneLine) {
  for (const std::string name : {"Foo", "Accept-Language"}) {
    const auto vary = parse_vary(one("Vary", name));
    const auto values = [&](const http::Fields& request) {
      return selecting_values(vary, request);
    };
    const std::string lines = values(two(name, "en", "de"));
    EXPECT_EQ(lines, values(two(name, " en", "de ")));
    for (const auto* text : {"en, de", "en,de", "en", "2:en2:de"})
      EXPECT_NE(lines, values(one(name, text))) << text;
    EXPECT_NE(lines, values(two(name, "de", "en")));
    EXPECT_NE(values(one(name, "en")), values(two(name, "en", "")));
    EXPECT_NE(values(two(name, "a", "b1:c")), values(two(name, "ab", "1:c")));
  }
}

TEST(Vary, PreferencesOfOneWeightHaveNoOrder) {
  EXPECT_TRUE(same("Accept-Language", "en, de", "de,  EN"));
  EXPECT_TRUE(same("Accept-Language", "en;q=0.5, de", "de;q=1.0, en; q=0.50"));
  EXPECT_FALSE(same("Accept-Language", "en;q=0.5, de", "de;q=0.5, en"));
  EXPECT_TRUE(same("Accept-Encoding", "gzip, br", "br, gzip"));
  EXPECT_FALSE(same("Accept-Encoding", "gzip;level=1", "gzip;level=2"));
}

TEST(Vary, MediaRangesAndCharsetsKeepTheirOrder) {
  EXPECT_TRUE(same("Accept", "text/html, */*;q=0.80", "text/html , */* ; q=0.8"));
  EXPECT_FALSE(same("Accept", "text/html, image/webp", "image/webp, text/html"));
  EXPECT_FALSE(same("Accept", "text/html", "TEXT/html"));
  EXPECT_FALSE(same("Accept", "text/html;level=1, */*", "text/html;level=1,*/*"));
  EXPECT_FALSE(same("Accept", "*/html, */*", "*/html,*/*"));
  EXPECT_TRUE(same("Accept-Charset", "utf-8, *;q=0", "utf-8,*;q=0.0"));
}

// What is no such list is told apart by its text: nobody knows what an origin makes of it.
TEST(Vary, MalformedPreferencesCountByTheirText) {
  for (const auto* malformed : {"de,",
                                ",de",
                                "de, ",
                                "de;q=1..",
                                "de;q=1.001",
                                "de;q=0.1234",
                                "de;q=2",
                                "de;q=",
                                "de;q",
                                "de;",
                                "de;q =1",
                                "de;q= 1",
                                "de;q=+1",
                                "de;q=.5",
                                "de;q=1;q=1",
                                "de de",
                                "\"de\"",
                                "d/e",
                                "languages-of-europe",
                                "de--at",
                                "de-",
                                "1",
                                "de_at",
                                "de,\t,"}) {
    for (const auto* plain : {"de", "de;q=0.5", "de;q=0"})
      EXPECT_FALSE(same("Accept-Language", plain, malformed)) << malformed;
    const std::string list(malformed);
    EXPECT_FALSE(same("Accept-Language", list + ", en, fr", list + ", fr, en")) << malformed;
  }
  for (const auto* weight : {"1", "1.", "1.0", "1.000"})
    EXPECT_TRUE(same("Accept-Language", "de", std::string("de;Q=") + weight)) << weight;
  EXPECT_TRUE(same("Accept-Language", "de;q=0.", "de;q=0.000"));
}

TEST(Vary, AListOfVeryManyPreferencesCountsByItsText) {
  std::string rising = "a0", falling = "a0";
  const auto add = [&](int i) {
    rising += ",a" + std::to_string(i);
    falling = "a" + std::to_string(i) + "," + falling;
  };
  for (int i = 1; i < 64; ++i) add(i);
  EXPECT_TRUE(same("Accept-Encoding", rising, falling));
  add(64);
  EXPECT_FALSE(same("Accept-Encoding", rising, falling));
  EXPECT_TRUE(same("Accept-Encoding", rising, rising));
}

TEST(VariantSelector, WorksOutOnceWhatARequestHasForOneVary) {
  const auto vary = parse_vary(one("Vary", "Foo")), again = parse_vary(one("Vary", "foo")),
             other = parse_vary(one("Vary", "Bar"));
  auto request = one("Foo", "1");
  VariantSelector selector(request);
  const std::string first = selector.values(vary);
  EXPECT_EQ(first, selecting_values(vary, request));
  request.set("Foo", "2");  // which nobody does
  EXPECT_EQ(selector.values(again), first);
  EXPECT_EQ(selector.values(other), selecting_values(other, request));
  EXPECT_EQ(selector.values(again), selecting_values(vary, request));
}

class Languages : public ::testing::Test {
 protected:
  /// Of a response in `language` that was fetched by who prefers `before`.
  static VariantMatch selected(std::string_view before, std::string_view language,
                               std::string_view now, std::string_view foo = "1") {
    http::Fields response = one("Vary", "Foo, Accept-Language");
    if (!language.empty()) response.add("Content-Language", language);
    auto first = one("Accept-Language", before), next = one("Accept-Language", now);
    first.add("Foo", "1");
    next.add("Foo", foo);
    const auto vary = parse_vary(response);
    return match_variant(vary, selecting_values(vary, first), response, next);
  }
};

TEST_F(Languages, TheOneThatARequestLikesBestIsWhatItWouldGet) {
  EXPECT_EQ(selected("en, de", "de", "de, en"), VariantMatch::exact);
  EXPECT_EQ(selected("en, de", "de", "fr;q=0.5, de;q=1.0"), VariantMatch::by_language);
  EXPECT_EQ(selected("en, de", "DE-at", "de-AT, de;q=0.9"), VariantMatch::by_language);
}

TEST_F(Languages, NothingIsGuessed) {
  for (const auto* now :
       {"fr, de", "fr, de;q=0.9", "de;q=0", "*", "", "de;level=1", "de-AT", "de,", "de;q=1.."})
    EXPECT_EQ(selected("en, de", "de", now), VariantMatch::none) << now;
  EXPECT_EQ(selected("en, de", "", "de"), VariantMatch::none);
  EXPECT_EQ(selected("en, de", "de, en", "de"), VariantMatch::none);
  EXPECT_EQ(selected("en, de", "de", "de", "2"), VariantMatch::none) << "another field differs";
  EXPECT_EQ(selected("en, de", " ", "*"), VariantMatch::none);
}

}  // namespace
}  // namespace meridian::edge
