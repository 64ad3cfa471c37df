#include "edge-node/http/fields.h"

#include <gtest/gtest.h>

namespace meridian::http {
namespace {

TEST(Fields, StandAsLinesAlsoAfterChanges) {
  Fields fields;
  fields.add_line("Accept: text/html\r\n", 6);
  fields.add("Content-Length", "5");
  fields.add("X-Empty", "");
  fields.add("Via", "1.1 a");
  fields.erase("accept");
  fields.set("VIA", "1.1 b");
  fields.add("Accept", "*/*");
  EXPECT_EQ(fields.find("accept"), "*/*");
  EXPECT_EQ(fields.count("via"), 1u);
  std::string lines = "> ";
  fields.append_lines(lines, "content-length");
  EXPECT_EQ(lines, "> X-Empty: \r\nVIA: 1.1 b\r\nAccept: */*\r\n");
  lines.clear();
  fields.append_lines(lines, "");
  EXPECT_EQ(lines, "Content-Length: 5\r\nX-Empty: \r\nVIA: 1.1 b\r\nAccept: */*\r\n");
  fields.clear();
  lines.clear();
  fields.append_lines(lines, "");
  EXPECT_EQ(lines, "");
  EXPECT_FALSE(fields.has("via"));
}

TEST(Fields, TakeLinesAheadOfTheirText) {
  Fields fields;
  fields.add("A", "1");
  fields.add_line_ahead("B: 2\r\n", 1);
  fields.add_line_ahead("Cc: 33\r\n", 2);
  EXPECT_EQ(fields.size(), 3u);
  fields.add_text("B: 2\r\nCc: 33\r\n");
  fields.add("D", "4");
  EXPECT_EQ(fields.find("b"), "2");
  EXPECT_EQ(fields.find("cc"), "33");
  EXPECT_EQ(fields.find("d"), "4");
}

TEST(Fields, ArePackedWithoutWhatWasErased) {
  Fields fields;
  fields.reserve(16, 512);
  for (const char* name : {"A", "B", "C"}) fields.add(name, "value");
  fields.erase("b");
  fields.set("A", "other");
  const Fields packed = fields.packed();
  fields.clear();
  std::string lines;
  packed.append_lines(lines, "");
  EXPECT_EQ(lines, "C: value\r\nA: other\r\n");
  EXPECT_EQ(packed.characters(), lines.size());
  EXPECT_FALSE(packed.has("b"));
  EXPECT_LT(packed.memory_bytes(), 200u);
}

TEST(Fields, AreValues) {
  Fields fields;
  EXPECT_EQ(Fields(fields).size(), 0u);
  for (int i = 0; i < 40; ++i) fields.add("X-" + std::to_string(i), std::string(30, 'x'));
  Fields copy = fields;
  fields.set("X-7", "changed");
  EXPECT_EQ(copy.find("x-7"), std::string(30, 'x'));
  copy = fields;
  EXPECT_EQ(copy.find("x-7"), "changed");
  const Fields& same = copy;
  copy = same;
  EXPECT_EQ(copy.find("x-7"), "changed");
  const Fields moved = std::move(copy);
  EXPECT_EQ(moved.size(), 40u);
  EXPECT_EQ(moved.find("x-39"), std::string(30, 'x'));
}

TEST(Fields, FindWithoutLetterCaseTheFirstOfAName) {
  Fields fields;
  fields.add("Accept", "a");
  fields.add("ACCEPT", "b");
  EXPECT_EQ(fields.find("accept"), "a");
  EXPECT_EQ(fields.combined("Accept"), "a, b");
  EXPECT_EQ(fields.count("accept"), 2u);
  EXPECT_FALSE(fields.find("accept-language"));
}

TEST(Fields, SetReplacesAllOfAName) {
  Fields fields;
  fields.add("X", "1");
  fields.add("Y", "2");
  fields.add("x", "3");
  fields.set("X", "4");
  ASSERT_EQ(fields.size(), 2u);
  EXPECT_EQ(fields[0].name, "Y");
  EXPECT_EQ(fields.find("x"), "4");
}

TEST(ListWords, CommasInQuotedStringsDoNotSeparate) {
  ListWords words(R"( a ,, "b, \" c" ,d)");
  EXPECT_EQ(words.next(), "a");
  EXPECT_EQ(words.next(), R"("b, \" c")");
  EXPECT_EQ(words.next(), "d");
  EXPECT_FALSE(words.next());
}

TEST(HopByHop, WhatARequestListsGoesBeforeAnythingIsAdded) {
  Fields fields;
  fields.add("Connection", "close, X-Private, Upgrade");
  fields.add("Connection", "TE , x-other");
  fields.add("X-Private", "1");
  fields.add("X-Other", "2");
  fields.add("Upgrade", "websocket");
  fields.add("TE", "trailers");
  drop_listed(fields);
  EXPECT_FALSE(fields.has("x-private"));
  EXPECT_FALSE(fields.has("x-other"));
  EXPECT_EQ(fields.combined("connection"), "Upgrade");
  EXPECT_TRUE(fields.has("upgrade"));
  EXPECT_TRUE(fields.has("te"));
  fields.add("X-Private", "ours");
  strip_hop_by_hop(fields);
  ASSERT_EQ(fields.size(), 1u);
  EXPECT_EQ(fields[0].value, "ours");
}

TEST(HopByHop, FieldsThatConnectionListsGoToo) {
  Fields fields;
  fields.add("Connection", "close, X-Private");
  fields.add("x-private", "1");
  fields.add("Keep-Alive", "5");
  fields.add("Transfer-Encoding", "chunked");
  fields.add("Accept", "*/*");
  strip_hop_by_hop(fields);
  ASSERT_EQ(fields.size(), 1u);
  EXPECT_EQ(fields[0].name, "Accept");
}

}  // namespace
}  // namespace meridian::http
