#include "edge-node/origin/retry.h"

#include <gtest/gtest.h>

namespace meridian::edge {
namespace {

TEST(Retry, OnlyWhenARepetitionDoesNoHarm) {
  const Repetition get{.idempotent = true}, post{.idempotent = false};
  const Repetition put_begun{.idempotent = true, .body_begun = true};
  EXPECT_TRUE(may_repeat(Attempt::nothing, get));
  EXPECT_TRUE(may_repeat(Attempt::timed_out, get));
  EXPECT_TRUE(may_repeat(Attempt::not_connected, get));
  EXPECT_TRUE(may_repeat(Attempt::not_connected, post));  // nothing reached the origin
  EXPECT_TRUE(may_repeat(Attempt::refused, post));
  EXPECT_TRUE(may_repeat(Attempt::not_connected, put_begun));
  EXPECT_FALSE(may_repeat(Attempt::nothing, post));
  EXPECT_FALSE(may_repeat(Attempt::timed_out, post));
  EXPECT_FALSE(may_repeat(Attempt::refused, put_begun));
  EXPECT_FALSE(may_repeat(Attempt::nothing, put_begun));
  EXPECT_FALSE(may_repeat(Attempt::answered, get));
  EXPECT_FALSE(may_repeat(Attempt::visitor_failed, get));
}

TEST(RetryBudget, AFewAreAlwaysAllowed) {
  RetryBudget budget;
  budget.begin_request();
  for (std::uint32_t i = 0; i < RetryBudget::kFloor; ++i) EXPECT_TRUE(budget.try_retry(0));
  EXPECT_FALSE(budget.try_retry(0));
  budget.end_retry();
  EXPECT_TRUE(budget.try_retry(0));
}

TEST(RetryBudget, RetriesAreAShareOfTheRequestsUnderWay) {
  RetryBudget budget;
  for (int i = 0; i < 100; ++i) budget.begin_request();
  int allowed = 0;
  while (allowed < 1000 && budget.try_retry(20)) ++allowed;
  EXPECT_EQ(allowed, 20);
  for (int i = 0; i < 90; ++i) budget.end_request();
  for (int i = 0; i < 10; ++i) budget.end_retry();
  EXPECT_FALSE(budget.try_retry(20));
  budget.end_retry();
  EXPECT_TRUE(budget.try_retry(20));
}

}  // namespace
}  // namespace meridian::edge
