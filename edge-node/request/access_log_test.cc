#include "edge-node/request/access_log.h"

#include <filesystem>
#include <fstream>
#include <sstream>

#include <gtest/gtest.h>

namespace meridian::edge {
namespace {

TEST(AccessLine, IsOneLineOfJsonWhateverTheVisitorSent) {
  AccessEntry entry;
  entry.time = WallClock::from_time_t(784111777);
  entry.client = "192.0.2.1";
  entry.scheme = "https";
  entry.site = "shop";
  entry.host = "a";
  entry.method = "GET";
  entry.target = "/\"\\\n\xff";
  entry.status = 200;
  entry.bytes = 5;
  entry.cache = "hit";
  entry.complete = true;
  EXPECT_EQ(access_line(entry),
            "{\"time\":\"1994-11-06T08:49:37.000Z\",\"client\":\"192.0.2.1\","
            "\"scheme\":\"https\",\"site\":\"shop\",\"host\":\"a\",\"method\":\"GET\","
            "\"path\":\"/\\\"\\\\\\u000a\\u00ff\",\"status\":200,\"bytes\":5,\"cache\":\"hit\","
            "\"origin_us\":0,\"duration_us\":0,\"complete\":true}\n");
}

TEST(AccessLog, WritesAllLinesBeforeItEnds) {
  const auto path = std::filesystem::path(::testing::TempDir()) / "meridian-access-log-test";
  std::filesystem::remove(path);
  {
    auto log = AccessLog::open(path, 2);
    ASSERT_TRUE(log);
    (*log)->write(0, "a\n");
    (*log)->write(1, "b\n");
  }
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  EXPECT_EQ(text.str(), "a\nb\n");
  std::filesystem::remove(path);
}

TEST(AccessLog, DropsAndCountsAtTheBound) {
  auto log = AccessLog::open("", 1);  // nobody empties the queue
  ASSERT_TRUE(log);
  const std::string line(1 << 20, 'x');
  for (int i = 0; i < 6; ++i) (*log)->write(0, line);
  EXPECT_EQ((*log)->dropped(), 2u);
}

TEST(AccessLog, SaysWhyItCannotOpen) {
  const auto log = AccessLog::open("/nowhere/at/all", 1);
  ASSERT_FALSE(log);
  EXPECT_EQ(log.error().text(), "--access-log: /nowhere/at/all: No such file or directory");
}

}  // namespace
}  // namespace meridian::edge
