#include "controller/gslbctl/settings.h"

#include <fstream>
#include <map>

#include <gtest/gtest.h>

#include "controller/test_directory.h"

namespace meridian::gslbctl {
namespace {

Environment environment(std::map<std::string, std::string> variables) {
  return [variables = std::move(variables)](const char* name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    return found == variables.end() ? std::nullopt : std::optional(found->second);
  };
}

TEST(Settings, ReadWhatTheyWrite) {
  const Settings settings{"[2001:db8::1]:7443", "/var/lib/a b/admin"};
  const auto read = parse_settings(settings_text(settings), "x");
  ASSERT_TRUE(read);
  EXPECT_EQ(read->controller, settings.controller);
  EXPECT_EQ(read->identity, settings.identity);
}

TEST(Settings, NameTheLineThatIsWrong) {
  EXPECT_EQ(parse_settings("identity: /a\ncontroler: b\n", "g.yaml").error().what,
            "g.yaml:2: controler: is no setting; did you mean 'controller'?");
  EXPECT_EQ(parse_settings("identity: [a]\n", "g.yaml").error().what,
            "g.yaml:1: identity: expected text");
}

TEST(Settings, ComeFromFlagsThenEnvironmentThenFile) {
  const control::TestDirectory directory;
  const auto file = (directory.path() / "g.yaml").string();
  std::ofstream(file) << settings_text({"file:1", "/file"});

  const auto from_file = resolve_settings({.config = file}, environment({}));
  ASSERT_TRUE(from_file);
  EXPECT_EQ(from_file->controller, "file:1");
  EXPECT_EQ(from_file->identity, "/file");

  const auto variables = environment({{"MERIDIAN_GSLBCTL_CONFIG", file},
                                      {"MERIDIAN_CONTROLLER", "environment:1"},
                                      {"MERIDIAN_IDENTITY", "/environment"}});
  const auto mixed = resolve_settings({.identity = "/flag"}, variables);
  ASSERT_TRUE(mixed);
  EXPECT_EQ(mixed->controller, "environment:1");
  EXPECT_EQ(mixed->identity, "/flag");
}

TEST(Settings, NameAnIdentityBesideTheirFile) {
  const control::TestDirectory directory;
  const auto file = (directory.path() / "g.yaml").string();
  std::ofstream(file) << settings_text({"file:1", "."});
  EXPECT_EQ(resolve_settings({.config = file}, environment({}))->identity, directory.path());
  std::ofstream(file) << settings_text({"file:1", "../alice/"});
  EXPECT_EQ(resolve_settings({.config = file}, environment({}))->identity,
            directory.path().parent_path() / "alice");
}

TEST(Settings, SayHowToBegin) {
  const auto none = resolve_settings({.config = "/nowhere/g.yaml"}, environment({}));
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().exit, Exit::usage);
  EXPECT_EQ(none.error().what, "no controller is set up for gslbctl: there is no /nowhere/g.yaml");
  EXPECT_NE(none.error().advice.find("gslbctl init --dir DIR"), std::string::npos);
}

TEST(Settings, HaveTheirPlaceInTheHomeDirectory) {
  EXPECT_EQ(settings_file({}, environment({{"HOME", "/home/a"}})).value(),
            "/home/a/.config/meridian/gslbctl.yaml");
  EXPECT_EQ(
      settings_file({}, environment({{"HOME", "/home/a"}, {"XDG_CONFIG_HOME", "/x"}})).value(),
      "/x/meridian/gslbctl.yaml");
  EXPECT_FALSE(settings_file({}, environment({})));
}

}  // namespace
}  // namespace meridian::gslbctl
