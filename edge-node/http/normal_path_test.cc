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
  for (const auto* path : {"/%25%36%31/../x", "/a/.%2e//b/%2f..", "/%2e/%2e%2e/..", "/.%2f./"})
    EXPECT_EQ(normal(normal(path)), normal(path)) << path;
}

}  // namespace
}  // namespace meridian::http
