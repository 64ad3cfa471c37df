#include "edge-node/http/normal_path.h"

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
  for (const auto& [path, expected] : cases) {
    SpellingMemory memory;
    EXPECT_EQ(spellings_of(path, memory).slashed, expected) << path;
  }
}

TEST(PathSpellings, OfAnOrdinaryPathAreThePathItself) {
  for (const std::string_view path : {"/a/b.css", "/", "*"}) {
    SpellingMemory memory;
    const auto spellings = spellings_of(path, memory);
    EXPECT_EQ(spellings.normal.data(), path.data());
    EXPECT_EQ(spellings.slashed.data(), path.data());
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
      {"*", "*"},
  };
  for (const auto& [path, expected] : cases) {
    SpellingMemory memory;
    EXPECT_EQ(path_without_detours(spellings_of(path, memory)), expected) << path;
  }
}

TEST(TiedPath, LeavesDotsOut) {
  EXPECT_EQ(tied_path("/data/../etc/./x"), "/data/etc/x");
  EXPECT_EQ(tied_path("/data/%2e%2E%2fetc%5cx"), "/data/etc/x");
  EXPECT_EQ(tied_path("/data/..a%2f//b"), "/data/..a%2f//b");
}

}  // namespace
}  // namespace meridian::http
