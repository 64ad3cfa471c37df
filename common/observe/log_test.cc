#include "common/observe/log.h"

#include <gtest/gtest.h>

namespace meridian {
namespace {

TEST(Log, KeepsHostileTextInOneField) {
  ASSERT_TRUE(log::open("test", "info"));
  testing::internal::CaptureStderr();
  log::info("query refused", {{"name", "a b\"\n\x01"}, {"count", 3}, {"plain", "x.example"}});
  const auto line = testing::internal::GetCapturedStderr();
  EXPECT_NE(line.find("info test query refused name=\"a b\\\"\\n\\x01\" count=3 plain=x.example\n"),
            std::string::npos)
      << line;
}

TEST(Log, RefusesUnknownLevels) {
  EXPECT_EQ(log::open("test", "loud").error().what,
            "'loud' is not a log level: use debug, info, warn or error");
  ASSERT_TRUE(log::open("test", "warn"));
  testing::internal::CaptureStderr();
  log::info("not shown");
  log::warn("shown");
  const auto text = testing::internal::GetCapturedStderr();
  EXPECT_EQ(text.find("not shown"), std::string::npos);
  EXPECT_NE(text.find("shown"), std::string::npos);
}

}  // namespace
}  // namespace meridian
