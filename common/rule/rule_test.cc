#include <gtest/gtest.h>

#include "common/rule/regex.h"
#include "common/rule/template.h"

namespace meridian::rule {
namespace {

TEST(Regex, FindsAnywhereUnlessTied) {
  const auto anywhere = Regex::compile("/v[0-9]+/");
  ASSERT_TRUE(anywhere);
  EXPECT_TRUE(anywhere->finds("/api/v12/a"));
  EXPECT_FALSE(anywhere->finds("/api/vx/a"));
  const auto tied = Regex::compile("^/a$");
  ASSERT_TRUE(tied);
  EXPECT_TRUE(tied->finds("/a"));
  EXPECT_FALSE(tied->finds("/a/b"));
}

TEST(Regex, TellsWhatItsGroupsTook) {
  const auto regex = Regex::compile("^/(a|b)(/x)?/(.*)$", 2);
  ASSERT_TRUE(regex);
  EXPECT_EQ(regex->groups(), 3);
  Groups groups;
  ASSERT_TRUE(regex->finds("/b/c/d", groups, 7));
  EXPECT_EQ(groups[0], "/b/c/d");
  EXPECT_EQ(groups[1], "b");
  EXPECT_EQ(groups[2], "");
  EXPECT_EQ(groups[3], "c/d");
  EXPECT_EQ(groups[4], "");
}

TEST(Regex, RefusesWhatCannotBeCheap) {
  EXPECT_EQ(Regex::compile("").error().what, "is empty");
  EXPECT_EQ(Regex::compile("(").error().what, "is no regular expression (RE2): missing ): (");
  EXPECT_EQ(Regex::compile(R"((a)\1)").error().what,
            R"(is no regular expression (RE2): invalid escape sequence: \1)");
  EXPECT_FALSE(Regex::compile("((a{1,100}){1,100}){1,100}"));
  EXPECT_FALSE(
      Regex::compile("[a-z]{900}[a-z]{900}[a-z]{900}x{900}.{900}.{900}.{900}.{900}.{900}"
                     ".{900}.{900}.{900}.{900}.{900}.{900}.{900}.{900}.{900}.{900}.{900}"
                     ".{900}.{900}.{900}.{900}.{900}.{900}.{900}.{900}.{900}.{900}"));
  EXPECT_EQ(Regex::compile(std::string(1025, 'a')).error().what, "is longer than 1024 characters");
}

std::string filled(std::string_view text) {
  const auto parsed = Template::parse(text, 2);
  if (!parsed) return parsed.error().what;
  return parsed->fill([](Variable variable, int group) -> std::string {
    if (variable == Variable::group) return "<" + std::to_string(group) + ">";
    return variable == Variable::host ? "www.shop.example" : "?a=b";
  });
}

TEST(Template, FillsItsPlaces) {
  EXPECT_EQ(filled("https://${host}/new${query}"), "https://www.shop.example/new?a=b");
  EXPECT_EQ(filled("${2}-${1}"), "<2>-<1>");
  EXPECT_EQ(filled("costs $5 or {6}, $host"), "costs $5 or {6}, $host");
  EXPECT_EQ(filled(""), "");
}

TEST(Template, RefusesPlacesThatStandForNothing) {
  EXPECT_EQ(filled("a${"), "has a '${' without its '}'");
  EXPECT_EQ(filled("${hots}"),
            "has '${hots}' in it, which stands for nothing: there are host, path, query, uri, "
            "scheme, method, client, country, asn and 1 to 9");
  EXPECT_EQ(filled("${3}"), "has '${3}' in it, but path_regex has 2 groups");
  EXPECT_EQ(Template::parse("${1}", 0).error().what,
            "has '${1}' in it, but path_regex has no groups");
}

TEST(Template, KnowsWhatItUses) {
  const auto text = Template::parse("/a${path}", 0);
  ASSERT_TRUE(text);
  EXPECT_TRUE(text->uses(Variable::path));
  EXPECT_FALSE(text->uses(Variable::host));
  EXPECT_FALSE(text->is_literal());
  EXPECT_EQ(text->beginning(), "/a");
  EXPECT_TRUE(Template::parse("", 0)->empty());
  EXPECT_FALSE(Template::parse("${path}", 0)->empty());
}

}  // namespace
}  // namespace meridian::rule
