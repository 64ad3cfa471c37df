#include "edge-node/request/access_log.h"

#include <csignal>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include "common/observe/log.h"
#include "edge-node/request/unlogged_probes.h"

namespace meridian::edge {
namespace {

TEST(AccessLine, IsOneLineOfJsonWhateverTheVisitorSent) {
  AccessEntry entry;
  entry.time = WallClock::from_time_t(784111777);
  entry.client = "192.0.2.1";
  entry.scheme = "https";
  entry.protocol = "HTTP/2";
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
            "\"scheme\":\"https\",\"protocol\":\"HTTP/"
            "2\",\"site\":\"shop\",\"host\":\"a\",\"method\":\"GET\","
            "\"path\":\"/\\\"\\\\\\u000a\\u00ff\",\"status\":200,\"bytes\":5,"
            "\"referer\":\"\",\"user_agent\":\"\",\"cache\":\"hit\","
            "\"origin_us\":0,\"duration_us\":0,\"complete\":true}\n");
}

TEST(AccessLine, SaysWhoseOriginAnsweredAndInWhichTrace) {
  AccessEntry entry;
  entry.pool = "web";
  entry.origin = "a.example:80";
  entry.first_byte = std::chrono::microseconds(7);
  entry.trace_id = "t";
  entry.span_id = "s";
  const auto line = access_line(entry);
  EXPECT_NE(line.find(R"("pool":"web","origin":"a.example:80","first_byte_us":7)"), line.npos);
  EXPECT_NE(line.find(R"("trace_id":"t","span_id":"s","complete":false})"), line.npos);
}

class AccessLogFile : public ::testing::Test {
 protected:
  AccessLogFile() {
    std::filesystem::remove_all(directory_);
    std::filesystem::create_directories(directory_);
  }
  ~AccessLogFile() override { std::filesystem::remove_all(directory_); }

  std::string text(const std::string& name) const {
    std::ostringstream text;
    text << std::ifstream(directory_ / name).rdbuf();
    return text.str();
  }
  bool comes_to_say(const std::string& name, const std::string& wanted) const {
    const auto deadline = Clock::now() + std::chrono::seconds(10);
    while (text(name) != wanted && Clock::now() < deadline) std::this_thread::yield();
    return text(name) == wanted;
  }

  const std::filesystem::path directory_ = std::filesystem::path(::testing::TempDir()) /
                                           ("meridian-access-log-" + std::to_string(::getpid()));
  AccessLogOptions options_{.path = directory_ / "log"};
};

TEST_F(AccessLogFile, HasAllLinesBeforeItEnds) {
  {
    auto log = AccessLog::open(options_, 2);
    ASSERT_TRUE(log);
    (*log)->write(0, "a\n");
    (*log)->write(1, "b\n");
  }
  EXPECT_EQ(text("log"), "a\nb\n");
}

TEST_F(AccessLogFile, IsMadeAnewWhenItWasMovedAway) {
  auto log = AccessLog::open(options_, 1);
  ASSERT_TRUE(log);
  (*log)->write(0, "a\n");
  ASSERT_TRUE(comes_to_say("log", "a\n"));
  std::filesystem::rename(directory_ / "log", directory_ / "moved");
  ASSERT_TRUE(comes_to_say("log", ""));
  while (!std::filesystem::exists(directory_ / "log")) std::this_thread::yield();
  (*log)->write(0, "b\n");
  EXPECT_TRUE(comes_to_say("log", "b\n"));
  EXPECT_EQ(text("moved"), "a\n");
}

TEST_F(AccessLogFile, IsSetAsideWhenItIsFullAndTheOldestGoes) {
  options_.max_bytes = 4;
  options_.old_files = 2;
  {
    auto log = AccessLog::open(options_, 1);
    ASSERT_TRUE(log);
    (*log)->write(0, "1\n2\n3\n4\n5\n6\n7\n");
  }
  EXPECT_EQ(text("log"), "7\n");
  EXPECT_EQ(text("log.1"), "5\n6\n");
  EXPECT_EQ(text("log.2"), "3\n4\n");
  EXPECT_FALSE(std::filesystem::exists(directory_ / "log.3"));
}

TEST_F(AccessLogFile, KeepsItsOldFilesWhereNoNewOneCanBeOpened) {
  const auto put = [&](const char* name, const char* text) {
    std::ofstream(directory_ / name) << text;
  };
  put("log", "3\n4\n");
  put("log.1", "2\n");
  put("log.2", "1\n");
  options_.max_bytes = 4;
  options_.old_files = 2;
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  const auto grows_to = [&](std::uintmax_t bytes) {  // looked at without a descriptor
    const auto deadline = Clock::now() + std::chrono::seconds(10);
    std::error_code none;
    const auto size = [&] { return std::filesystem::file_size(directory_ / "log", none); };
    while (size() != bytes && Clock::now() < deadline) std::this_thread::yield();
    return size() == bytes;
  };
  {
    auto log = AccessLog::open(options_, 1);
    ASSERT_TRUE(log);
    const rlimit none_left{.rlim_cur = 0, .rlim_max = before.rlim_max};
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none_left), 0);
    (*log)->write(0, "5\n");
    const bool once = grows_to(6);
    (*log)->write(0, "6\n");
    const bool twice = once && grows_to(8);
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
    EXPECT_TRUE(twice) << "lines go on into the one that is open";
    (*log)->write(0, "7\n");
  }
  EXPECT_EQ(text("log"), "7\n");
  EXPECT_EQ(text("log.1"), "3\n4\n5\n6\n");
  EXPECT_EQ(text("log.2"), "2\n");
  EXPECT_FALSE(std::filesystem::exists(directory_ / "log.new"));
}

TEST_F(AccessLogFile, TakesALineThatIsLongerThanTheFileMayBe) {
  options_.max_bytes = 4;
  {
    auto log = AccessLog::open(options_, 1);
    ASSERT_TRUE(log);
    (*log)->write(0, "123456\n1\n");
  }
  EXPECT_EQ(text("log.1"), "123456\n");
  EXPECT_EQ(text("log"), "1\n");
}

TEST_F(AccessLogFile, CountsLinesThatTheDiskDoesNotTake) {
  auto log = AccessLog::open({.path = "/dev/full"}, 1);
  ASSERT_TRUE(log);
  (*log)->write(0, "a\nb\n");
  while ((*log)->dropped() == 0) std::this_thread::yield();
  EXPECT_EQ((*log)->dropped(), 2u);
}

TEST_F(AccessLogFile, BeginsANewLineBehindOneThatIsTorn) {
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  const auto bound = [&](rlim_t bytes) {
    const rlimit small{.rlim_cur = bytes, .rlim_max = before.rlim_max};
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  };
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  bound(6);  // as a full disk would
  {
    auto log = AccessLog::open(options_, 1);
    ASSERT_TRUE(log);
    (*log)->write(0, "1\n2345678\n");
    const auto until = Clock::now() + std::chrono::seconds(10);
    while ((*log)->dropped() == 0 && Clock::now() < until) std::this_thread::yield();
    EXPECT_EQ((*log)->dropped(), 1u);
    bound(before.rlim_cur);
    (*log)->write(0, "9\n");
  }
  std::signal(SIGXFSZ, handler);
  EXPECT_EQ(text("log"), "1\n2345\n9\n");
}

TEST(UnloggedProbes, AreAsManyASecondAsALargeFleetSends) {
  UnloggedProbes probes;
  const auto left_out = [&](Instant now) {
    unsigned count = 0;
    for (unsigned i = 0; i < 2 * UnloggedProbes::kPerSecond; ++i) count += probes.leave_out(now);
    return count;
  };
  const Instant start{std::chrono::seconds(1000)};
  EXPECT_EQ(left_out(start), 100u);
  EXPECT_EQ(left_out(start + std::chrono::milliseconds(999)), 0u);
  EXPECT_EQ(left_out(start + std::chrono::seconds(1)), 100u);
  EXPECT_EQ(left_out(start + std::chrono::hours(1)), 100u);
}

TEST(AccessLog, DropsAndCountsAtTheBound) {
  auto log = AccessLog::open({}, 1);  // nobody empties the queue
  ASSERT_TRUE(log);
  const std::string line(1 << 20, 'x');
  for (int i = 0; i < 6; ++i) (*log)->write(0, line);
  EXPECT_EQ((*log)->dropped(), 2u);
}

TEST(AccessLog, EndsAlthoughNobodyReadsStandardOutput) {
  ASSERT_TRUE(log::open("access_log_test", "info"));  // to standard error, as all programs do
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  std::fflush(stdout);
  const int before = ::dup(STDOUT_FILENO);
  ::dup2(ends[1], STDOUT_FILENO);
  {
    const auto log = AccessLog::open({.path = "-"}, 1);
    if (log) (*log)->write(0, std::string(1 << 20, 'x') + '\n');
  }
  ::dup2(before, STDOUT_FILENO);
  ::close(before);
  ::close(ends[1]);
  std::size_t written = 0;
  std::vector<char> buffer(1 << 16);
  for (ssize_t got = 0; (got = ::read(ends[0], buffer.data(), buffer.size())) > 0;)
    written += static_cast<std::size_t>(got);
  ::close(ends[0]);
  EXPECT_GT(written, 0u);
  EXPECT_LT(written, std::size_t{1} << 20);
}

TEST(AccessLog, SaysWhyItCannotOpen) {
  const auto log = AccessLog::open({.path = "/nowhere/at/all"}, 1);
  ASSERT_FALSE(log);
  EXPECT_EQ(log.error().text(), "--access-log: /nowhere/at/all: No such file or directory");
}

}  // namespace
}  // namespace meridian::edge
