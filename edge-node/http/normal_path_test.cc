#include "edge-node/http/normal_path.h"

#include <algorithm>

#include <gtest/gtest.h>

namespace meridian::http {
namespace {

std::string normal(std::string_view path) {
  std::string memory;
  return std::string(normal_path(path, memory));
}

TEST(NormalPath, SpellingsOfOnePathBecomeOne) {
  for (const auto* spelling :
       {"/admin/x", "/%61dmin/x", "//admin/x", "/./admin/x", "/a/../admin/x", "/a/%2e%2e/admin/x",
        "/a/%2E./admin/x", "/../../admin/x", "/admin///x", "/a/b/.././../admin/./x"})
    EXPECT_EQ(normal(spelling), "/admin/x") << spelling;
}

TEST(NormalPath, KeepsWhatMeansSomething) {
  const std::pair<const char*, const char*> cases[] = {
      {"/", "/"},
      {"*", "*"},
      {"/a/", "/a/"},
      {"/a/.", "/a/"},
      {"/a/b/..", "/a/"},
      {"/..", "/"},
      {"//", "/"},
      {"/a//", "/a/"},
      {"/.well-known/x", "/.well-known/x"},
      {"/...", "/..."},
      {"/a%2fb%3f", "/a%2Fb%3F"},
      {"/%zz%4", "/%zz%4"},
      {"/%7Euser%25", "/~user%25"},
      {"/%2561", "/%2561"},
      {"/Admin;a=1", "/Admin;a=1"},
  };
  for (const auto& [path, expected] : cases) EXPECT_EQ(normal(path), expected) << path;
}

TEST(NormalPath, IsTheSameASecondTime) {
  for (const auto* path : {"/%25%36%31/../x", "/a/.%2e//b/%2f..", "/%2e/%2e%2e/..", "/.%2f./",
                           "/%2%65%2%65/x", "/%%36%31", "/%%%36%31"})
    EXPECT_EQ(normal(normal(path)), normal(path)) << path;
}

/// All but the raw one.
std::vector<std::string> spellings(std::string_view path) {
  SpellingMemory memory;
  const auto all = spellings_of(path, memory);
  std::vector<std::string> texts{std::string(all.normal)};
  for (const auto& other : all.others) texts.push_back(other.text);
  return texts;
}
bool has_spelling(std::string_view path, const std::string& text) {
  const auto all = spellings(path);
  return std::find(all.begin(), all.end(), text) != all.end();
}

TEST(PathSpellings, SlashesThatSomeServersSeeAreSlashes) {
  const std::pair<const char*, const char*> cases[] = {
      {"/admin%2Fusers", "/admin/users"},
      {"/admin%2fusers/", "/admin/users/"},
      {"/admin\\users", "/admin/users"},
      {"/x%5c..%5Cadmin", "/admin"},
      {"/x/..%2Fadmin/users", "/admin/users"},
      {"/x/%2e%2e%2fadmin", "/admin"},
      {"/%2F/a", "/a"},
      {"/a%2Fb/../c", "/a/c"},
      {"/static/a%2f../../account", "/account"},
      {"/a%252Fb", "/a%252Fb"},
      {"/%2%46a", "/%2%46a"},
  };
  for (const auto& [path, expected] : cases) EXPECT_TRUE(has_spelling(path, expected)) << path;
  EXPECT_EQ(spellings("/a%252Fb").size(), 1u);
}

TEST(PathSpellings, WhatSomeServersLeaveOutIsLeftOut) {
  const std::pair<const char*, const char*> cases[] = {
      {"/admin;x/users", "/admin/users"},
      {"/admin;x=1;y=2/users;z", "/admin/users"},
      {"/;x/admin/;y", "/admin/"},
      {"/admin%3Bx/users", "/admin/users"},
      {"/admin%3bx/users", "/admin/users"},
      {"/static/..;/account", "/account"},
      {"/static/%2e%2e;x/account", "/account"},
      {"/static/..%3b/account", "/account"},
      {"/static/.;x/..;y/account", "/account"},
      // Of what is between slashes, whichever these are: before they are decoded, or after.
      {"/admin;a%2Fb/users", "/admin/users"},
      {"/admin;a%2Fb/users", "/admin/b/users"},
      {"/x%2F..;a%2Fb/admin", "/admin"},
      {"/static%2F..;x%5Caccount", "/account"},
      // Who knows no `%3B` as such goes nowhere by it.
      {"/admin;x/..%3B/y", "/admin/..%3B/y"},
      {"/a%2Fb;x/c%3Bd", "/a%2Fb/c%3Bd"},
  };
  for (const auto& [path, expected] : cases)
    EXPECT_TRUE(has_spelling(path, expected)) << path << " as " << expected;
  EXPECT_EQ(spellings("/a;b"), (std::vector<std::string>{"/a;b", "/a"}));
}

TEST(PathSpellings, SomeServersResolveNothing) {
  EXPECT_EQ(spellings("/a/../b"), (std::vector<std::string>{"/b", "/a/../b"}));
  EXPECT_EQ(spellings("/%61//b"), (std::vector<std::string>{"/a/b", "/a//b"}));
  EXPECT_EQ(spellings("/a%2F..%2fb"), (std::vector<std::string>{"/a%2F..%2Fb", "/b", "/a/../b"}));
  EXPECT_TRUE(has_spelling("/a;x/../b", "/a/../b"));
  EXPECT_EQ(spellings("/%61%20b"), (std::vector<std::string>{"/a%20b"}));
}

TEST(PathSpellings, AreFewHoweverAPathIsWritten) {
  EXPECT_LE(spellings("/x;a%2F..;b%3Bc\\../%2e%2e%3b;/d%2F.;/e%3Bf/g%5C..%3B/./h;//i").size(), 12u);
}

TEST(PathSpellings, OfAnOrdinaryPathAreThePathItself) {
  for (const std::string_view path : {"/a/b.css", "/", "*"}) {
    SpellingMemory memory;
    const auto spellings = spellings_of(path, memory);
    EXPECT_EQ(spellings.normal.data(), path.data());
    EXPECT_TRUE(spellings.others.empty());
  }
}

TEST(PathSpellings, AreOfThePathThatIsAskedFor) {
  SpellingMemory memory;
  for (const auto* path : {"/a;x", "/a;x", "/b;x", "/c", "/b;x", "/%61"}) {
    const auto again = spellings_of(path, memory);
    SpellingMemory fresh;
    const auto once = spellings_of(path, fresh);
    EXPECT_EQ(again.normal, once.normal) << path;
    ASSERT_EQ(again.others.size(), once.others.size()) << path;
    for (std::size_t i = 0; i < once.others.size(); ++i)
      EXPECT_EQ(again.others[i].text, once.others[i].text) << path;
  }
}

TEST(PathWithoutDetours, StaysAsItCameWhereNothingLeadsBack) {
  const std::pair<const char*, const char*> cases[] = {
      {"/a//%62%2fc\\", "/a//%62%2fc\\"},
      {"/.a/b./c..", "/.a/b./c.."},
      {"/a/../b%2fc", "/b%2Fc"},
      {"/a/%2E%2e/b", "/b"},
      {"/a/..%2fb", "/b"},
      {"/a\\..\\..\\b", "/b"},
      {"/a%2f.", "/a/"},
      {"/a/..;/b", "/b"},
      {"/a;x/..%3By/b;z", "/b"},
      {"/..;a%2fb/c", "/b/c"},
      {"/a/..;/../b", "/a/b"},
      {"/a;x/..b;y", "/a;x/..b;y"},
      {"*", "*"},
  };
  for (const auto& [path, expected] : cases) {
    std::string memory;
    EXPECT_EQ(path_without_detours(path, memory), expected) << path;
  }
}

TEST(TiedPath, LeavesDotsOut) {
  EXPECT_EQ(tied_path("/data/../etc/./x"), "/data/etc/x");
  EXPECT_EQ(tied_path("/data/%2e%2E%2fetc%5cx"), "/data/etc/x");
  EXPECT_EQ(tied_path("/data/..;x/etc/.%3b/x"), "/data/etc/x");
  EXPECT_EQ(tied_path("/data;a/..b;c/etc"), "/data;a/..b;c/etc");
  EXPECT_EQ(tied_path("/data/..a%2f//b"), "/data/..a%2f//b");
}

}  // namespace
}  // namespace meridian::http
