// Responses of which only parts are stored (RFC 9111 sections 3.3 and 3.4), through sockets.
#include <gtest/gtest.h>

#include "edge-node/http/date.h"
#include "edge-node/http/range.h"
#include "edge-node/testing/world.h"

namespace meridian::edge {
namespace {

using testing::reply;
using testing::Response;
using testing::World;

constexpr const char* kHost = World::kHost;
constexpr std::uint64_t kBodyBytes = 2'000'000;  // behind the first MiB it is far

std::string body_of(char seed) {
  std::string body(kBodyBytes, seed);
  for (std::size_t at = 0; at < body.size(); at += 7) body[at] = static_cast<char>('0' + at % 10);
  return body;
}

/// One file that answers ranges, and remembers which it was asked for.
class File {
 public:
  File() : origin_([this](const Request& request) { return answer(request); }) {}

  testing::Origin& origin() { return origin_; }
  /// "" stands for all of it.
  std::vector<std::string> asked() {
    const std::lock_guard lock(mutex_);
    return asked_;
  }
  /// `validator`: an entity tag, or the time of the last change.
  void change(std::string validator, char seed) {
    const std::lock_guard lock(mutex_);
    validator_ = std::move(validator);
    body_ = body_of(seed);
  }
  std::string body() {
    const std::lock_guard lock(mutex_);
    return body_;
  }
  std::atomic<bool> knows_ranges{true};
  std::atomic<bool> breaks_off{false};  // in the middle of the next answer, once

 private:
  using Request = testing::Origin::Request;
  using Reply = testing::Origin::Reply;

  Reply answer(const Request& request) {
    const std::lock_guard lock(mutex_);
    const auto& fields = request.head.fields;
    const auto range = fields.find("range").value_or("");
    asked_.emplace_back(range);
    const bool is_tag = validator_.find('"') != std::string::npos;
    std::string head = "Cache-Control: max-age=60\r\n";
    head += (is_tag ? "ETag: " : "Last-Modified: ") + validator_ + "\r\n";
    const auto parts = http::parse_range(range, body_.size());
    const bool partial = knows_ranges && !range.empty() &&
                         parts.kind == http::RangeAnswer::Kind::parts &&
                         fields.find("if-range").value_or(validator_) == validator_;
    if (!partial) return said(reply(200, head, body_));
    const auto& part = parts.parts.front();
    head += "Content-Range: " + http::content_range(part, body_.size()) + "\r\n";
    return said(reply(206, head, body_.substr(part.first, part.size())));
  }

  Reply said(std::string bytes) {
    const bool breaks = breaks_off.exchange(false);
    if (breaks) bytes.resize(bytes.size() / 2);
    return {.bytes = std::move(bytes), .gated = false, .after_gate = {}, .close = breaks};
  }

  std::mutex mutex_;
  std::string validator_ = "\"a\"";
  std::string body_ = body_of('a');
  std::vector<std::string> asked_;
  testing::Origin origin_;
};

Response get_range(testing::Client& visitor, const std::string& range) {
  return visitor.get(kHost, "/film", "Range: bytes=" + range + "\r\n");
}

using Asked = std::vector<std::string>;

TEST(PartialContent, AFarRangeIsFetchedAloneAndStored) {
  File file;
  World world({&file.origin()});
  const auto visitor = world.visit();
  const auto first = get_range(*visitor, "1500000-1500099");
  EXPECT_EQ(first.status, 206);
  EXPECT_EQ(first.field("content-range"), "bytes 1500000-1500099/2000000");
  EXPECT_EQ(first.field("cache-status"), "meridian; fwd=uri-miss; fwd-status=206; stored");
  EXPECT_EQ(first.body, file.body().substr(1'500'000, 100));
  const auto within = get_range(*visitor, "1500010-1500019");
  EXPECT_EQ(within.status, 206);
  EXPECT_EQ(within.body, file.body().substr(1'500'010, 10));
  EXPECT_TRUE(within.field("cache-status").starts_with("meridian; hit"));
  EXPECT_EQ(get_range(*visitor, "2000000-").status, 416);
  EXPECT_EQ(file.asked(), Asked{"bytes=1500000-1500099"});
}

TEST(PartialContent, OnlyWhatIsMissingOfTheWholeIsFetched) {
  File file;
  World world({&file.origin()});
  const auto visitor = world.visit();
  EXPECT_EQ(get_range(*visitor, "-500000").body.size(), 500'000U);
  EXPECT_EQ(get_range(*visitor, "1400000-1600000").body.size(), 200'001U);
  const auto whole = visitor->get(kHost, "/film");
  EXPECT_EQ(whole.status, 200);
  EXPECT_EQ(whole.field("content-range"), "");
  EXPECT_EQ(whole.field("content-length"), "2000000");
  EXPECT_EQ(whole.field("cache-status"), "meridian; fwd=partial; fwd-status=206; stored");
  EXPECT_TRUE(whole.body == file.body());
  const auto again = visitor->get(kHost, "/film");
  EXPECT_TRUE(again.field("cache-status").starts_with("meridian; hit"));
  EXPECT_TRUE(again.body == file.body());
  EXPECT_EQ(file.asked(), (Asked{"bytes=-500000", "bytes=1400000-1600000", "bytes=0-1399999"}));
}

TEST(PartialContent, PartsThatMakeTheWholeAreStoredAsSuch) {
  File file;
  World world({&file.origin()});
  const auto visitor = world.visit();
  EXPECT_EQ(get_range(*visitor, "1100000-").body.size(), 900'000U);
  EXPECT_EQ(get_range(*visitor, "-2000000").body.size(), kBodyBytes);
  const auto whole = visitor->get(kHost, "/film");
  EXPECT_EQ(whole.status, 200);
  EXPECT_TRUE(whole.body == file.body());
  EXPECT_EQ(file.origin().requests(), 2);
}

TEST(PartialContent, AnotherEntityTagReplacesTheParts) {
  File file;
  World world({&file.origin()});
  const auto visitor = world.visit();
  EXPECT_EQ(get_range(*visitor, "1500000-1599999").body, file.body().substr(1'500'000, 100'000));
  file.change("\"b\"", 'b');
  EXPECT_EQ(get_range(*visitor, "1600000-1699999").body, file.body().substr(1'600'000, 100'000));
  EXPECT_EQ(get_range(*visitor, "1550000-1649999").body, file.body().substr(1'550'000, 100'000));
  EXPECT_EQ(file.origin().requests(), 3);
}

TEST(PartialContent, AWeakEntityTagJoinsNoParts) {
  File file;
  file.change("W/\"a\"", 'a');
  World world({&file.origin()});
  const auto visitor = world.visit();
  (void)get_range(*visitor, "1500000-1599999");
  (void)get_range(*visitor, "1600000-1699999");
  EXPECT_EQ(get_range(*visitor, "1550000-1649999").body, file.body().substr(1'550'000, 100'000));
  EXPECT_EQ(file.origin().requests(), 3);
}

TEST(PartialContent, WithoutAnEntityTagATimeOfChangeThatIsLongPastJoinsParts) {
  for (const bool is_past : {true, false}) {
    File file;
    file.change(is_past ? "Mon, 01 Jan 2024 00:00:00 GMT" : http::format_date(WallClock::now()),
                'a');
    World world({&file.origin()});
    const auto visitor = world.visit();
    (void)get_range(*visitor, "1500000-1599999");
    (void)get_range(*visitor, "1600000-1699999");
    EXPECT_EQ(get_range(*visitor, "1550000-1649999").body, file.body().substr(1'550'000, 100'000));
    EXPECT_EQ(file.origin().requests(), is_past ? 2 : 3);
    (void)get_range(*visitor, "1400000-");
    EXPECT_TRUE(visitor->get(kHost, "/film").body == file.body());
    EXPECT_EQ(file.asked().back(), is_past ? "bytes=0-1399999" : "");
  }
}

TEST(PartialContent, AChangedFileIsFetchedWhole) {
  File file;
  World world({&file.origin()});
  const auto visitor = world.visit();
  (void)get_range(*visitor, "1500000-");
  file.change("\"b\"", 'b');
  const auto whole = visitor->get(kHost, "/film");
  EXPECT_EQ(whole.status, 200);
  EXPECT_TRUE(whole.body == file.body());
  EXPECT_EQ(file.asked(), (Asked{"bytes=1500000-", "bytes=0-1499999"}));
}

TEST(PartialContent, AnOriginWithoutRangesIsAskedOnce) {
  File file;
  file.knows_ranges = false;
  World world({&file.origin()});
  const auto visitor = world.visit();
  for (int i = 0; i < 2; ++i) {
    const auto part = get_range(*visitor, "1500000-1500009");
    EXPECT_EQ(part.status, 206);
    EXPECT_EQ(part.body, file.body().substr(1'500'000, 10));
  }
  EXPECT_TRUE(visitor->get(kHost, "/film").body == file.body());
  EXPECT_EQ(file.origin().requests(), 1);
}

TEST(PartialContent, PartsAreStoredOfWhatIsTooLargeAsAWhole) {
  File file;
  World world({&file.origin()});
  world.site.mutable_cache()->set_max_object_bytes(1'000'000);
  ASSERT_TRUE(world.apply());
  const auto visitor = world.visit();
  for (int i = 0; i < 2; ++i)
    EXPECT_EQ(get_range(*visitor, "1500000-1999999").body, file.body().substr(1'500'000));
  EXPECT_EQ(file.origin().requests(), 1);
  EXPECT_TRUE(visitor->get(kHost, "/film").body == file.body());
}

TEST(PartialContent, PurgesAndUnsafeRequestsEndParts) {
  File file;
  World world({&file.origin()});
  const auto visitor = world.visit();
  (void)get_range(*visitor, "1500000-1500009");
  world.purge_url("/film");
  (void)get_range(*visitor, "1500000-1500009");
  EXPECT_EQ(file.origin().requests(), 2);
  visitor->send("DELETE /film HTTP/1.1\r\nHost: www.shop.example\r\n\r\n");
  EXPECT_EQ(visitor->read_response().status, 200);
  (void)get_range(*visitor, "1500000-1500009");
  EXPECT_EQ(file.origin().requests(), 4);
}

TEST(PartialContent, WhatBreaksOffIsNotStored) {
  File file;
  World world({&file.origin()});
  file.breaks_off = true;
  EXPECT_FALSE(get_range(*world.visit(), "1500000-1599999").complete);
  const auto visitor = world.visit();
  EXPECT_EQ(get_range(*visitor, "1500000-1599999").body, file.body().substr(1'500'000, 100'000));
  (void)get_range(*visitor, "1600000-");
  file.breaks_off = true;
  EXPECT_FALSE(world.visit()->get(kHost, "/film").complete);
  const auto whole = visitor->get(kHost, "/film");
  EXPECT_TRUE(whole.body == file.body());
  EXPECT_EQ(file.asked().back(), "bytes=0-1499999");
}

}  // namespace
}  // namespace meridian::edge
