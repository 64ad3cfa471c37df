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

TEST(Vary, WhiteSpaceAndFieldLinesDoNotCount) {
  EXPECT_TRUE(same("Foo", "1, 2", " 1 ,2"));
  EXPECT_FALSE(same("Foo", "1, 2", "2, 1"));
  auto lines = one("Foo", "1");
  lines.add("Foo", "2");
  const auto vary = parse_vary(one("Vary", "Foo"));
  EXPECT_EQ(selecting_values(vary, lines), selecting_values(vary, one("Foo", "1, 2")));
  EXPECT_NE(selecting_values(vary, {}), selecting_values(vary, one("Foo", "")));
}

TEST(Vary, PreferencesOfOneWeightHaveNoOrder) {
  EXPECT_TRUE(same("Accept-Language", "en, de", "de,  EN"));
  EXPECT_TRUE(same("Accept-Language", "en;q=0.5, de", "de;q=1.0, en; q=0.50"));
  EXPECT_FALSE(same("Accept-Language", "en;q=0.5, de", "de;q=0.5, en"));
  EXPECT_TRUE(same("Accept-Encoding", "gzip, br", "br, gzip"));
  EXPECT_FALSE(same("Accept-Encoding", "gzip;level=1", "gzip;level=2"));
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
  for (const auto* now : {"fr, de", "fr, de;q=0.9", "de;q=0", "*", "", "de;level=1", "de-AT"})
    EXPECT_EQ(selected("en, de", "de", now), VariantMatch::none) << now;
  EXPECT_EQ(selected("en, de", "", "de"), VariantMatch::none);
  EXPECT_EQ(selected("en, de", "de, en", "de"), VariantMatch::none);
  EXPECT_EQ(selected("en, de", "de", "de", "2"), VariantMatch::none) << "another field differs";
}

}  // namespace
}  // namespace meridian::edge
