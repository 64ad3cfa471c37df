#include "edge-node/http/conditional.h"

#include <gtest/gtest.h>

namespace meridian::http {
namespace {

const WallTime kNow = WallClock::from_time_t(784111777);
constexpr const char* kEarlier = "Sun, 06 Nov 1994 07:00:00 GMT";
constexpr const char* kLater = "Sun, 06 Nov 1994 08:00:00 GMT";

Fields one(std::string_view name, std::string_view value) {
  Fields fields;
  fields.add(name, value);
  return fields;
}

TEST(Conditional, EtagsCompareWeakly) {
  EXPECT_TRUE(etag_listed(R"("a", W/"b")", R"("b")"));
  EXPECT_TRUE(etag_listed("*", R"("x")"));
  EXPECT_FALSE(etag_listed(R"("a")", R"("b")"));
  EXPECT_FALSE(etag_listed(R"("a")", ""));
}

TEST(Conditional, IfNoneMatchGoesBeforeIfModifiedSince) {
  auto request = one("If-None-Match", R"("a")");
  request.add("If-Modified-Since", kLater);
  auto stored = one("ETag", R"("b")");
  stored.add("Last-Modified", kEarlier);
  EXPECT_FALSE(is_not_modified(request, stored, kNow));
  EXPECT_TRUE(is_not_modified(one("If-Modified-Since", kLater), stored, kNow));
  EXPECT_FALSE(is_not_modified(one("If-Modified-Since", "yesterday"), stored, kNow));
  EXPECT_FALSE(is_not_modified(Fields(), stored, kNow));
}

TEST(Conditional, IfRangeComparesStrongly) {
  const auto stored = one("ETag", R"("a")");
  EXPECT_TRUE(range_applies(Fields(), stored, kNow));
  EXPECT_TRUE(range_applies(one("If-Range", R"("a")"), stored, kNow));
  EXPECT_FALSE(range_applies(one("If-Range", R"("b")"), stored, kNow));
  EXPECT_FALSE(range_applies(one("If-Range", R"(W/"a")"), stored, kNow));
}

TEST(Conditional, TheStrongValidatorIsATagOrWhereThereIsNoneAnOldTime) {
  auto timed = one("Last-Modified", kEarlier);
  EXPECT_EQ(strong_validator(timed, kNow), kEarlier);
  timed.add("Date", kEarlier);
  EXPECT_EQ(strong_validator(timed, kNow), "");
  timed.set("Date", kLater);
  EXPECT_TRUE(same_strong_validator(timed, timed, kNow));
  EXPECT_FALSE(same_strong_validator(timed, one("Last-Modified", kLater), kNow));
  timed.add("ETag", R"(W/"a")");
  EXPECT_EQ(strong_validator(timed, kNow), "") << "the tag says that the bytes may differ";
  timed.set("ETag", R"("a")");
  EXPECT_TRUE(same_strong_validator(timed, one("ETag", R"("a")"), kNow));
  EXPECT_FALSE(same_strong_validator(Fields(), Fields(), kNow));
}

TEST(Conditional, AnIfRangeDateMustBeOldEnoughToBeStrong) {
  auto stored = one("Last-Modified", kEarlier);
  stored.add("Date", kLater);
  EXPECT_TRUE(range_applies(one("If-Range", kEarlier), stored, kNow));
  stored.set("Date", kEarlier);
  EXPECT_FALSE(range_applies(one("If-Range", kEarlier), stored, kNow));
}

TEST(Unasked, NewsWithoutAConditionAndPartsWithoutARange) {
  const auto fields = [](std::string_view name, std::string_view value) {
    Fields one;
    if (!name.empty()) one.add(name, value);
    return one;
  };
  const struct {
    const char* asked;  // a field of the request
    int status;
    const char* name;  // a field of the response
    const char* value;
    bool unasked;
  } cases[] = {
      {"", 304, "", "", true},
      {"If-Match", 304, "", "", true},
      {"If-None-Match", 304, "", "", false},
      {"If-Modified-Since", 304, "", "", false},
      {"", 206, "Content-Range", "bytes 0-1/2", true},
      {"If-Range", 206, "Content-Range", "BYTES 0-1/2", true},
      {"", 206, "Content-Type", "multipart/byteranges; boundary=x", true},
      {"Range", 206, "Content-Range", "bytes 0-1/2", false},
      {"", 206, "Content-Range", "items 0-14/100", false},
      {"", 206, "Content-Type", "application/json", false},
      {"", 101, "Upgrade", "x", true},
      {"Upgrade", 101, "Upgrade", "x", false},
      {"", 200, "Content-Range", "bytes 0-1/2", false},
  };
  for (const auto& one : cases)
    EXPECT_EQ(is_unasked(fields(one.asked, "x"), one.status, fields(one.name, one.value)),
              one.unasked)
        << one.asked << " " << one.status << " " << one.value;
}

}  // namespace
}  // namespace meridian::http
