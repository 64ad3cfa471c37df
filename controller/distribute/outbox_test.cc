#include "controller/distribute/outbox.h"

#include <gtest/gtest.h>

namespace meridian::control {
namespace {

using Kind = Outbox::Kind;

v1::ControllerMessage question(std::uint64_t id) {
  v1::ControllerMessage message;
  message.mutable_explain()->set_id(id);
  return message;
}

TEST(Outbox, MergesNewsOfAKind) {
  Outbox outbox;
  for (int i = 0; i < 1000; ++i) {
    outbox.want_health();
    outbox.want_snapshot();
    outbox.want_purges();
  }
  EXPECT_EQ(outbox.take(), Kind::snapshot);
  EXPECT_EQ(outbox.take(), Kind::purges);
  EXPECT_EQ(outbox.take(), Kind::health);
  EXPECT_EQ(outbox.take(), Kind::nothing);
}

TEST(Outbox, KeepsQuestionsInOrderUpToItsBound) {
  Outbox outbox;
  for (std::uint64_t id = 1; id <= Outbox::kMostQuestions; ++id)
    EXPECT_TRUE(outbox.ask(question(id)));
  EXPECT_FALSE(outbox.ask(question(99)));
  EXPECT_EQ(outbox.take(), Kind::question);
  EXPECT_EQ(outbox.question().explain().id(), 1u);
  EXPECT_TRUE(outbox.ask(question(100)));
  EXPECT_EQ(outbox.take(), Kind::question);
  EXPECT_EQ(outbox.question().explain().id(), 2u);
}

}  // namespace
}  // namespace meridian::control
