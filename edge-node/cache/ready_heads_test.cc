#include "edge-node/cache/ready_heads.h"

#include <gtest/gtest.h>

namespace meridian::edge {
namespace {

std::unique_ptr<ReadyHead> stamped(std::uint64_t stamp) {
  auto head = std::make_unique<ReadyHead>();
  head->stamp = stamp;
  return head;
}

TEST(ReadyHeads, FindsEachByItsStamp) {
  ReadyHeads heads;
  const auto* one = heads.add(stamped(1));
  const auto* two = heads.add(stamped(2));
  EXPECT_EQ(heads.find(1), one);
  EXPECT_EQ(heads.find(2), two);
  EXPECT_EQ(heads.find(3), nullptr);
}

TEST(ReadyHeads, KeepsFewHoweverOftenTheConfigurationChanges) {
  ReadyHeads heads;
  std::uint64_t kept = 0;
  while (kept < 1000 && heads.add(stamped(kept))) ++kept;
  EXPECT_EQ(kept, 8u);
  EXPECT_EQ(heads.add(stamped(kept)), nullptr);
  EXPECT_NE(heads.find(0), nullptr);
}

}  // namespace
}  // namespace meridian::edge
