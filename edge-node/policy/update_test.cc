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

}  // namespace
}  // namespace meridian::edge
