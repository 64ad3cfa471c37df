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

}  // namespace
}  // namespace meridian::edge
