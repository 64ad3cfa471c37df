#include "edge-node/policy/directives.h"

#include <gtest/gtest.h>

#include "edge-node/policy/targeted.h"

namespace meridian::edge {
namespace {

using std::chrono::seconds;

http::Fields one(std::string_view name, std::string_view value) {
  http::Fields fields;
  fields.add(name, value);
  return fields;
}

TEST(Directives, OfARequest) {
  const auto parsed =
      parse_request_directives(one("Cache-Control", "No-Store, max-age=\"5\", max-stale"));
  EXPECT_TRUE(parsed.no_store);
  EXPECT_EQ(parsed.max_age, seconds(5));
  EXPECT_EQ(parsed.max_stale, seconds(std::int64_t{1} << 31));
  EXPECT_TRUE(parse_request_directives(one("Pragma", "no-cache")).no_cache);
  auto both = one("Pragma", "no-cache");
  both.add("Cache-Control", "max-age=9");
  EXPECT_FALSE(parse_request_directives(both).no_cache);
}

TEST(Directives, NamedFieldsAreNotStoredAndTheRestIs) {
  const auto parsed =
      parse_response_directives(one("Cache-Control", "no-cache=\"A, b\", private=c, max-age=5"));
  EXPECT_FALSE(parsed.no_cache);
  EXPECT_FALSE(parsed.is_private);
  EXPECT_EQ(parsed.unstored_fields, (std::vector<std::string>{"a", "b", "c"}));
  EXPECT_TRUE(parse_response_directives(one("Cache-Control", "no-cache=\"\"")).no_cache);
  EXPECT_TRUE(parse_response_directives(one("Cache-Control", "private")).is_private);
}

TEST(Directives, OfRepeatedNumbersTheSmallerOneCounts) {
  EXPECT_EQ(parse_response_directives(one("Cache-Control", "max-age=9, max-age=5")).max_age,
            seconds(5));
  EXPECT_EQ(parse_response_directives(one("Cache-Control", "max-age=x")).max_age, seconds(0));
}

TEST(Targeted, IsADictionaryOrNothing) {
  for (const char* good : {"max-age=10", " max-age=10 , no-store", "a=1, b;c=\"x\\\"\";d",
                           "a=(1 \"b\" c);q=1.5", "a=:YWJj:", "a=?0", "*k=tok/en", "a=-5", ""})
    EXPECT_TRUE(parse_targeted(good)) << good;
  for (const char* bad :
       {"max-age=10, &&&&&", "max-age =10", "max-age= 10", "MaX-aGe=10", "a,", "a=1.2345",
        "a=1234567890123456", "a=\"x", "a=(1", "a=:YWJj", "a=?2", "a b", "a=", ","})
    EXPECT_FALSE(parse_targeted(bad)) << bad;
}

TEST(Targeted, TheLastValueOfAKeyCounts) {
  const auto members = parse_targeted("max-age=10, no-store, max-age=20");
  ASSERT_TRUE(members);
  ASSERT_EQ(members->size(), 2u);
  EXPECT_EQ((*members)[0].number, 20u);
  EXPECT_TRUE((*members)[1].is_true);
}

TEST(Targeted, AValueOfTheWrongTypeIsNone) {
  const auto parsed = parse_response_directives(one("CDN-Cache-Control", "max-age=\"10\""));
  EXPECT_TRUE(parsed.targeted);
  EXPECT_FALSE(parsed.max_age);
  EXPECT_FALSE(parse_response_directives(one("CDN-Cache-Control", "no-store=?0")).no_store);
}

}  // namespace
}  // namespace meridian::edge
