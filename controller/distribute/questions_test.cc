#include "controller/distribute/questions.h"

#include <gtest/gtest.h>

namespace meridian::control {
namespace {

using namespace std::chrono_literals;

struct Asked {
  std::string outcome;
  Questions::Done done() {
    return [this](Result<v1::NodeMessage> answer) {
      outcome += answer ? "answer " + answer->explain().site() : answer.error().text();
    };
  }
};

v1::NodeMessage answer() {
  v1::NodeMessage message;
  message.mutable_explain()->set_site("www");
  return message;
}

TEST(Questions, EndWithTheAnswerOfTheNodeThatWasAsked) {
  Questions questions;
  Asked asked;
  const auto id = questions.open("dns-1", Instant() + 3s, asked.done()).value();
  questions.answer("dns-2", id, answer());
  questions.answer("dns-1", id + 1, answer());
  EXPECT_EQ(asked.outcome, "");
  questions.answer("dns-1", id, answer());
  questions.answer("dns-1", id, answer());
  questions.expire(Instant() + 1h);
  EXPECT_EQ(asked.outcome, "answer www");
}

TEST(Questions, EndWhenTimeIsUp) {
  Questions questions;
  Asked asked;
  ASSERT_TRUE(questions.open("dns-1", Instant() + 3s, asked.done()));
  EXPECT_EQ(questions.next_deadline(), Instant() + 3s);
  questions.expire(Instant() + 2s);
  EXPECT_EQ(asked.outcome, "");
  questions.expire(Instant() + 3s);
  EXPECT_EQ(asked.outcome, "node dns-1: did not answer in time");
  EXPECT_EQ(questions.next_deadline(), std::nullopt);
}

TEST(Questions, EndWhenTheNodeGoes) {
  Questions questions;
  Asked one;
  Asked two;
  ASSERT_TRUE(questions.open("dns-1", Instant() + 3s, one.done()));
  ASSERT_TRUE(questions.open("dns-2", Instant() + 3s, two.done()));
  questions.lose("dns-1");
  EXPECT_EQ(one.outcome, "node dns-1: lost its connection before it answered");
  EXPECT_EQ(two.outcome, "");
}

TEST(Questions, AreBounded) {
  Questions questions;
  Asked asked;
  for (std::size_t i = 0; i < Questions::kMost; ++i)
    ASSERT_TRUE(questions.open("dns-1", Instant(), asked.done()));
  EXPECT_FALSE(questions.open("dns-1", Instant(), asked.done()));
}

}  // namespace
}  // namespace meridian::control
