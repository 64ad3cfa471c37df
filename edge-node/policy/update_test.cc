#include "edge-node/policy/update.h"

#include <gtest/gtest.h>

namespace meridian::edge {
namespace {

TEST(Update, NewerFieldsReplaceTheStoredOnesOfTheirNames) {
  http::Fields stored, newer;
  stored.add("A", "1");
  stored.add("A", "2");
  stored.add("B", "3");
  newer.add("a", "4");
  newer.add("C", "5");
  const auto updated = updated_fields(stored, newer);
  EXPECT_EQ(updated.combined("a"), "4");
  EXPECT_EQ(updated.combined("b"), "3");
  EXPECT_EQ(updated.combined("c"), "5");
}

TEST(Update, WhatDescribesTheBytesStays) {
  http::Fields stored, newer;
  for (const char* name :
       {"Content-Encoding", "Content-Length", "Content-MD5", "Content-Range", "ETag"}) {
    stored.add(name, "old");
    newer.add(name, "new");
  }
  const auto updated = updated_fields(stored, newer);
  for (std::size_t i = 0; i < updated.size(); ++i) EXPECT_EQ(updated[i].value, "old");
  EXPECT_EQ(updated.size(), stored.size());
}

TEST(Update, ANewCookieIsNotForAll) {
  http::Fields stored, newer;
  newer.add("set-cookie", "id=alice");
  EXPECT_FALSE(updated_fields(stored, newer).has("set-cookie"));
  stored.add("Set-Cookie", "all=1");
  EXPECT_EQ(updated_fields(stored, newer).combined("set-cookie"), "all=1");
}

TEST(Update, AnotherEntityTagConfirmsNothing) {
  const auto tagged = [](const char* etag) {
    http::Fields fields;
    fields.add("ETag", etag);
    return fields;
  };
  EXPECT_TRUE(confirms(tagged("\"1\""), tagged("\"1\"")));
  EXPECT_TRUE(confirms(tagged("W/\"1\""), tagged("\"1\"")));
  EXPECT_TRUE(confirms(tagged("\"1\""), http::Fields()));
  EXPECT_TRUE(confirms(http::Fields(), tagged("\"1\"")));
  EXPECT_FALSE(confirms(tagged("\"1\""), tagged("\"2\"")));
}

TEST(Update, AnotherTimeOfChangeConfirmsNothing) {
  const auto fields = [](const char* modified, const char* etag = "") {
    http::Fields result;
    if (*modified) result.add("Last-Modified", modified);
    if (*etag) result.add("ETag", etag);
    return result;
  };
  const char* const before = "Sun, 06 Nov 1994 08:49:37 GMT";
  const char* const after = "Sun, 06 Nov 1994 08:49:38 GMT";
  EXPECT_TRUE(confirms(fields(before), fields(before)));
  EXPECT_TRUE(confirms(fields(before), fields("")));
  EXPECT_TRUE(confirms(fields(""), fields(before)));
  EXPECT_FALSE(confirms(fields(before), fields(after)));
  EXPECT_FALSE(confirms(fields(before, "\"1\""), fields(after)));
  EXPECT_FALSE(confirms(fields(before), fields(after, "\"1\"")));
  EXPECT_TRUE(confirms(fields(before, "\"1\""), fields(after, "\"1\""))) << "the tag counts";
}

// As parts of one response come, or it is confirmed, again and again.
TEST(Update, TakesNoMoreMemoryEachTime) {
  http::Fields stored, newer;
  stored.add("ETag", "\"1\"");
  newer.add("Date", "Sun, 06 Nov 1994 08:49:37 GMT");
  newer.add("Cache-Control", "max-age=60");
  for (int i = 0; i < 1000; ++i) stored = updated_fields(stored, newer);
  EXPECT_EQ(stored.size(), 3u);
  EXPECT_LT(stored.memory_bytes(), 512u);
}

}  // namespace
}  // namespace meridian::edge
