#include <filesystem>
#include <fstream>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include "edge-node/http/range.h"
#include "edge-node/testing/world.h"

namespace meridian::edge {
namespace {

using testing::eventually;
using testing::reply;
using testing::World;
using Origin = testing::Origin;

constexpr const char* kHost = World::kHost;

class CacheDisk : public ::testing::Test {
 protected:
  CacheDisk() {
    std::string name = (std::filesystem::temp_directory_path() / "cache-XXXXXX").string();
    directory_ = ::mkdtemp(name.data());
    start();
  }
  ~CacheDisk() override {
    world_.reset();
    std::filesystem::remove_all(directory_);
  }

  void start() {
    world_.reset();
    world_ =
        std::make_unique<World>(std::vector<const Origin*>{&origin_}, [&](EdgeOptions& options) {
          options.cache_disk = directory_;
          options.cache_disk_bytes = 64 << 20;
          options.cache_bytes = memory_bytes_;
        });
  }

  /// With what lies on disk: the index is read beside serving.
  void start_with_disk() {
    start();
    ASSERT_TRUE(eventually([&] {
      const auto visitor = world_->visit();
      visitor->send("HEAD /big HTTP/1.1\r\nHost: www.shop.example\r\n\r\n");
      return visitor->read_response(true).field("cache-status") == "meridian; hit; detail=disk";
    }));
  }

  /// Asked for twice, and on disk.
  void bring_to_disk() {
    const auto written = bytes_on_disk();
    for (int i = 0; i < 2; ++i) ASSERT_EQ(world_->visit()->get(kHost, "/big").body, body_);
    ASSERT_TRUE(eventually([&] { return bytes_on_disk() > written + body_.size(); }));
  }

  std::uintmax_t bytes_on_disk() const {
    std::uintmax_t bytes = 0;
    for (const auto& file : std::filesystem::directory_iterator(directory_)) {
      std::error_code gone;  // since it was listed
      const auto size = file.file_size(gone);
      if (!gone) bytes += size;
    }
    return bytes;
  }

  void purge_softly(const std::string& target) {
    v1::Purge purge;
    purge.set_sequence(1);
    purge.set_url("https://" + std::string(kHost) + target);
    purge.set_soft(true);
    ASSERT_TRUE(world_->edge().purge(purge));
  }

  enum class Framing { length, chunked, until_close, broken };

  std::string answer(const std::string& fields) const {
    if (framing_ == Framing::length) return reply(200, fields, body_);
    std::string bytes = "HTTP/1.1 200 OK\r\n" + fields;
    if (framing_ == Framing::until_close) return bytes + "\r\n" + body_;
    bytes += "Transfer-Encoding: chunked\r\n\r\n";
    for (std::size_t at = 0; at < body_.size(); at += 10'000) {
      const auto piece = body_.substr(at, 10'000);
      bytes += fmt::format("{:x}\r\n{}\r\n", piece.size(), piece);
    }
    return framing_ == Framing::broken ? bytes : bytes + "0\r\n\r\n";
  }

  /// Large as it is, it is in the end on disk, and answered from there.
  void wait_until_written() {
    ASSERT_TRUE(eventually([&] { return world_->metric("meridian_edge_disk_writes_total") > 0; }));
  }

  void expect_on_disk(const std::string& more_fields, const std::string& body) {
    testing::Response answer;
    ASSERT_TRUE(eventually([&] {
      answer = world_->visit()->get(kHost, "/big", more_fields);
      return answer.field("cache-status") == "meridian; hit; detail=disk";
    }));
    EXPECT_EQ(answer.body, body);
  }

  Framing framing_ = Framing::length;
  bool knows_ranges_ = false;
  std::string body_ = std::string(700'000, 'b') + "end";
  std::string cache_control_ = "max-age=600";
  std::atomic<int> status_{200};  // of what the origin says; 304: to who has its entity tag
  std::atomic<int> confirmed_{0};
  std::size_t memory_bytes_ = 64 << 20;
  Origin origin_{[this](const Origin::Request& request) -> Origin::Reply {
    const std::string fields =
        "Cache-Control: " + cache_control_ + "\r\nETag: \"1\"\r\nSurrogate-Key: red\r\n";
    const bool known = request.head.fields.find("if-none-match") == "\"1\"";
    std::string bytes = answer(fields);
    const auto range = request.head.fields.find("range");
    if (range && knows_ranges_) {
      const auto part = http::parse_range(*range, body_.size()).parts.front();
      bytes =
          reply(206, fields + "Content-Range: " + http::content_range(part, body_.size()) + "\r\n",
                body_.substr(part.first, part.size()));
    }
    if (status_ == 304 && known) {
      ++confirmed_;
      bytes = "HTTP/1.1 304 Not Modified\r\n" + fields + "X-Again: yes\r\n\r\n";
    } else if (status_ == 503) {
      bytes = reply(503, "", "down");
    }
    const bool close = framing_ == Framing::until_close || framing_ == Framing::broken;
    return {.bytes = std::move(bytes), .gated = false, .after_gate = {}, .close = close};
  }};
  std::filesystem::path directory_;
  std::unique_ptr<World> world_;
};

TEST_F(CacheDisk, AnswersAfterARestartWithoutTheOrigin) {
  bring_to_disk();
  start();
  testing::Response first;
  // The index is read beside serving: until then the origin answers.
  ASSERT_TRUE(eventually([&] {
    first = world_->visit()->get(kHost, "/big");
    if (first.field("cache-status") == "meridian; hit; detail=disk") return true;
    start();
    return false;
  }));
  EXPECT_EQ(first.body, body_);
  EXPECT_EQ(first.field("surrogate-key"), "");
  const auto second = world_->visit()->get(kHost, "/big", "Range: bytes=699999-700002\r\n");
  EXPECT_EQ(second.status, 206);
  EXPECT_EQ(second.body, "bend");
}

TEST_F(CacheDisk, ReadsAFarRangeFromWhereItBegins) {
  body_.clear();
  for (int i = 0; body_.size() < 3'000'000; ++i) body_ += std::to_string(i) + ' ';
  bring_to_disk();
  start_with_disk();
  const auto check = [&](const std::string& range, std::size_t first, std::size_t size) {
    const auto answer = world_->visit()->get(kHost, "/big", "Range: bytes=" + range + "\r\n");
    EXPECT_EQ(answer.status, 206);
    EXPECT_EQ(answer.field("cache-status"), "meridian; hit; detail=disk");
    EXPECT_EQ(answer.field("content-range"), "bytes " + std::to_string(first) + "-" +
                                                 std::to_string(first + size - 1) + "/" +
                                                 std::to_string(body_.size()));
    EXPECT_EQ(answer.body, body_.substr(first, size));
  };
  check("2000000-2000009", 2'000'000, 10);
  check("1500000-", 1'500'000, body_.size() - 1'500'000);
  check("-5", body_.size() - 5, 5);
  EXPECT_EQ(world_->visit()->get(kHost, "/big", "Range: bytes=9000000-\r\n").status, 416);
  EXPECT_EQ(world_->visit()->get(kHost, "/big", "If-None-Match: \"1\"\r\n").status, 304);
  EXPECT_EQ(world_->metric("meridian_edge_disk_hits_total"), 0);
  EXPECT_EQ(origin_.requests(), 1);
}

TEST_F(CacheDisk, AnswersHeadWithoutTheOriginAndWithoutTheBody) {
  bring_to_disk();
  start_with_disk();
  const auto visitor = world_->visit();
  visitor->send("HEAD /big HTTP/1.1\r\nHost: www.shop.example\r\n\r\n");
  const auto head = visitor->read_response(true);
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.field("content-length"), std::to_string(body_.size()));
  EXPECT_EQ(head.field("etag"), "\"1\"");
  visitor->send("HEAD /big HTTP/1.1\r\nHost: www.shop.example\r\nIf-None-Match: \"1\"\r\n\r\n");
  EXPECT_EQ(visitor->read_response(true).status, 304);
  EXPECT_EQ(origin_.requests(), 1);
}

TEST_F(CacheDisk, WhatIsStaleThereIsRevalidatedNotFetched) {
  bring_to_disk();
  purge_softly("/big");
  start();
  status_ = 304;
  testing::Response again;
  ASSERT_TRUE(eventually([&] {
    again = world_->visit()->get(kHost, "/big");
    if (confirmed_ > 0) return true;
    start();  // before its index was read
    return false;
  }));
  EXPECT_EQ(again.body, body_);
  EXPECT_EQ(again.field("cache-status"), "meridian; fwd=stale; fwd-status=304; stored");
  EXPECT_EQ(again.field("x-again"), "yes");
  EXPECT_EQ(confirmed_, 1);
  EXPECT_TRUE(
      world_->visit()->get(kHost, "/big").field("cache-status").starts_with("meridian; hit; ttl="));
}

TEST_F(CacheDisk, WhatIsConfirmedThereForOneVisitorIsOver) {
  bring_to_disk();
  purge_softly("/big");
  start();
  status_ = 304;
  cache_control_ = "private";
  testing::Response again;
  ASSERT_TRUE(eventually([&] {
    again = world_->visit()->get(kHost, "/big");
    return confirmed_ > 0;  // its index was read
  }));
  EXPECT_EQ(again.body, body_);
  EXPECT_EQ(again.field("cache-status"), "meridian; fwd=stale; fwd-status=304");
  EXPECT_EQ(world_->visit()->get(kHost, "/big").field("cache-status"),
            "meridian; fwd=uri-miss; fwd-status=200");
  EXPECT_EQ(confirmed_, 1);
}

TEST_F(CacheDisk, WhatIsStaleThereStandsInForAFailingOrigin) {
  bring_to_disk();
  purge_softly("/big");
  start();
  status_ = 503;
  testing::Response instead;
  ASSERT_TRUE(eventually([&] {
    instead = world_->visit()->get(kHost, "/big");
    return instead.status == 200;
  }));
  EXPECT_EQ(instead.body, body_);
  EXPECT_EQ(instead.field("cache-status"),
            "meridian; fwd=stale; fwd-status=503; detail=stale-if-error");
}

TEST_F(CacheDisk, TakesWhatTheMemoryRefusesOnItsSecondRequest) {
  memory_bytes_ = 256 * 1024;
  start();
  EXPECT_EQ(world_->visit()->get(kHost, "/big").body, body_);
  EXPECT_LT(bytes_on_disk(), body_.size());
  EXPECT_EQ(world_->visit()->get(kHost, "/big").body, body_);
  const auto visitor = world_->visit();
  testing::Response third;
  ASSERT_TRUE(eventually([&] {
    third = visitor->get(kHost, "/big");
    return third.field("cache-status") == "meridian; hit; detail=disk";
  }));
  EXPECT_EQ(third.body, body_);
  const int requests = origin_.requests();
  for (int i = 0; i < 3; ++i) EXPECT_EQ(world_->visit()->get(kHost, "/big").body, body_);
  EXPECT_EQ(world_->visit()->get(kHost, "/big", "Range: bytes=699999-700002\r\n").body, "bend");
  EXPECT_EQ(origin_.requests(), requests);
  visitor->send("DELETE /big HTTP/1.1\r\nHost: www.shop.example\r\n\r\n");
  EXPECT_EQ(visitor->read_response().status, 200);
  EXPECT_EQ(visitor->get(kHost, "/big").body, body_);
  EXPECT_EQ(origin_.requests(), requests + 2);
}

TEST_F(CacheDisk, TakesWhatTheMemoryRefusesWhoseLengthNobodyKnows) {
  memory_bytes_ = 256 * 1024;
  for (const auto framing : {Framing::chunked, Framing::until_close}) {
    framing_ = framing;
    start();
    EXPECT_EQ(world_->visit()->get(kHost, "/big").body, body_);
    expect_on_disk("", body_);
    int requests = origin_.requests();
    expect_on_disk("Range: bytes=699999-700002\r\n", "bend");
    EXPECT_EQ(origin_.requests(), requests);
    start_with_disk();
    requests = origin_.requests();
    expect_on_disk("", body_);
    EXPECT_EQ(origin_.requests(), requests);
    const auto visitor = world_->visit();
    visitor->send("DELETE /big HTTP/1.1\r\nHost: www.shop.example\r\n\r\n");
    EXPECT_EQ(visitor->read_response().status, 200);
    EXPECT_EQ(visitor->get(kHost, "/big").body, body_);
    EXPECT_EQ(origin_.requests(), requests + 2);
  }
}

TEST_F(CacheDisk, WhatBreaksOffIsNotThereInTheEnd) {
  memory_bytes_ = 256 * 1024;
  framing_ = Framing::broken;
  start();
  for (int i = 0; i < 4; ++i) EXPECT_FALSE(world_->visit()->get(kHost, "/big").complete);
  EXPECT_EQ(origin_.requests(), 4);
  EXPECT_TRUE(eventually([&] { return bytes_on_disk() < body_.size(); }));
  EXPECT_EQ(world_->metric("meridian_edge_disk_errors_total"), 0);
}

TEST_F(CacheDisk, WhatGrowsLargerThanTheSiteAllowsIsNotThereInTheEnd) {
  memory_bytes_ = 256 * 1024;
  framing_ = Framing::chunked;
  start();
  world_->site.mutable_cache()->set_max_object_bytes(400'000);
  ASSERT_TRUE(world_->apply());
  for (int i = 0; i < 4; ++i) EXPECT_EQ(world_->visit()->get(kHost, "/big").body, body_);
  EXPECT_EQ(origin_.requests(), 4);
  EXPECT_TRUE(eventually([&] { return bytes_on_disk() < 300'000; }));
}

TEST_F(CacheDisk, TakesTheWholeThatAnswersAFarRange) {
  memory_bytes_ = 256 * 1024;
  body_ = std::string(2'000'000, 'b') + "end";
  start();
  const std::string range = "Range: bytes=1999999-\r\n";
  for (int i = 0; i < 2; ++i) {
    const auto part = world_->visit()->get(kHost, "/big", range);
    EXPECT_EQ(part.status, 206);
    EXPECT_EQ(part.body, "bend");
  }
  expect_on_disk(range, "bend");
}

TEST_F(CacheDisk, TakesTheWholeThatWasMadeOfParts) {
  memory_bytes_ = 256 * 1024;
  knows_ranges_ = true;
  start();
  const auto part = world_->visit()->get(kHost, "/big", "Range: bytes=-1000\r\n");
  EXPECT_EQ(part.status, 206);
  const auto whole = world_->visit()->get(kHost, "/big");
  EXPECT_EQ(whole.body, body_);
  EXPECT_EQ(whole.field("cache-status"), "meridian; fwd=partial; fwd-status=206; stored");
  wait_until_written();
  const int requests = origin_.requests();
  expect_on_disk("", body_);
  EXPECT_EQ(origin_.requests(), requests);
}

TEST_F(CacheDisk, AChangeIsNoRequestForWhatIsStored) {
  memory_bytes_ = 256 * 1024;
  start();
  const auto visitor = world_->visit();
  for (int i = 0; i < 5; ++i) {
    visitor->send("POST /big HTTP/1.1\r\nHost: www.shop.example\r\nContent-Length: 0\r\n\r\n");
    EXPECT_EQ(visitor->read_response().body, body_);
  }
  EXPECT_EQ(visitor->get(kHost, "/big").body, body_);  // the first
  EXPECT_EQ(visitor->get(kHost, "/big").body, body_);
  wait_until_written();
  expect_on_disk("", body_);
  EXPECT_EQ(world_->metric("meridian_edge_disk_writes_total"), 1);
}

TEST_F(CacheDisk, AHeadOfWhatIsStaleThereIsForwardedAsSuch) {
  bring_to_disk();
  purge_softly("/big");
  start();
  EXPECT_TRUE(eventually([&] {
    const auto visitor = world_->visit();
    visitor->send("HEAD /big HTTP/1.1\r\nHost: www.shop.example\r\n\r\n");
    const auto head = visitor->read_response(true);
    return head.field("cache-status") == "meridian; fwd=stale; fwd-status=200";
  }));
}

TEST_F(CacheDisk, APurgeHoldsAfterARestart) {
  bring_to_disk();
  v1::Purge purge;
  purge.set_sequence(1);
  purge.mutable_tag()->set_site("shop");
  purge.mutable_tag()->set_tag("red");
  ASSERT_TRUE(world_->edge().purge(purge));
  start();
  EXPECT_EQ(world_->visit()->get(kHost, "/big").body, body_);
  EXPECT_EQ(origin_.requests(), 2);
}

TEST_F(CacheDisk, WhatIsDamagedIsFetchedAgain) {
  bring_to_disk();
  world_.reset();
  for (const auto& entry : std::filesystem::directory_iterator(directory_)) {
    if (entry.path().filename() == "purges") continue;
    std::fstream file(entry.path(), std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(5000);
    file.put('x');
  }
  start();
  EXPECT_EQ(world_->visit()->get(kHost, "/big").body, body_);
  EXPECT_EQ(origin_.requests(), 2);
}

TEST_F(CacheDisk, WhatIsConfirmedAndDamagedIsFetchedAgain) {
  bring_to_disk();
  purge_softly("/big");
  world_.reset();
  for (const auto& entry : std::filesystem::directory_iterator(directory_)) {
    if (entry.path().filename() == "purges") continue;
    std::fstream file(entry.path(), std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(5000);
    file.put('x');
  }
  status_ = 304;
  start();
  ASSERT_TRUE(eventually([&] {
    EXPECT_EQ(world_->visit()->get(kHost, "/big").body, body_);
    if (confirmed_ > 0) return true;
    start();
    return false;
  }));
}

TEST_F(CacheDisk, ADirectoryThatGoesAwayLeavesTheMemory) {
  std::filesystem::remove_all(directory_);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(world_->visit()->get(kHost, "/big").body, body_);
  v1::Purge purge;
  purge.set_sequence(1);
  purge.set_everything(true);
  ASSERT_TRUE(world_->edge().purge(purge));
  EXPECT_EQ(world_->visit()->get(kHost, "/big").body, body_);
  EXPECT_EQ(origin_.requests(), 2);
}

}  // namespace
}  // namespace meridian::edge
