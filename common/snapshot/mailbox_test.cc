#include "common/snapshot/mailbox.h"

#include <memory>
#include <thread>

#include <gtest/gtest.h>

namespace meridian {
namespace {

TEST(Mailbox, HandsOverOnlyTheNewest) {
  Mailbox<int> box;
  EXPECT_EQ(box.take(), nullptr);
  box.give(1);
  box.give(2);
  EXPECT_EQ(*box.take(), 2);
  EXPECT_EQ(box.take(), nullptr);
}

TEST(Mailbox, FreesWhatNobodyTook) {
  const auto value = std::make_shared<int>(1);
  {
    Mailbox<std::shared_ptr<int>> box;
    box.give(value);
    box.give(value);
    EXPECT_EQ(value.use_count(), 2);
  }
  EXPECT_EQ(value.use_count(), 1);
}

TEST(Mailbox, NeverGoesBackAcrossThreads) {
  Mailbox<int> box;
  std::thread giver([&box] {
    for (int i = 1; i <= 100'000; ++i) box.give(i);
  });
  int last = 0;
  while (last < 100'000) {
    const auto taken = box.take();
    if (taken == nullptr) continue;
    ASSERT_GT(*taken, last);
    last = *taken;
  }
  giver.join();
}

}  // namespace
}  // namespace meridian
