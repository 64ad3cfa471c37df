#include "edge-node/request/trace_context.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace meridian::edge {
namespace {

using ::testing::MatchesRegex;

constexpr const char* kTrace = "4bf92f3577b34da6a3ce929d0e0e4736";
constexpr const char* kSpan = "00f067aa0ba902b7";

std::string parent(const std::string& version = "00", const std::string& flags = "01") {
  return version + "-" + kTrace + "-" + kSpan + "-" + flags;
}

class Trace : public ::testing::Test {
 protected:
  TraceContext after(std::string_view traceparent) {
    fields_.set("traceparent", traceparent);
    return carry();
  }
  TraceContext carry() {
    const auto trace = continue_trace(fields_, random_);
    carry_trace(fields_, trace);
    return trace;
  }
  std::string sent(std::string_view name) const { return fields_.combined(name); }

  std::mt19937_64 random_{7};
  http::Fields fields_;
};

TEST_F(Trace, GoesOnWithASpanOfTheEdge) {
  const auto trace = after(parent());
  EXPECT_EQ(trace.trace_id, kTrace);
  EXPECT_EQ(trace.parent_span_id, kSpan);
  EXPECT_NE(trace.span_id, kSpan);
  EXPECT_TRUE(trace.sampled);
  EXPECT_EQ(sent("traceparent"), "00-" + trace.trace_id + "-" + trace.span_id + "-01");
}

TEST_F(Trace, BeginsWhereThereIsNone) {
  const auto trace = carry();
  EXPECT_EQ(trace.parent_span_id, "");
  EXPECT_THAT(sent("traceparent"), MatchesRegex("00-[0-9a-f]{32}-[0-9a-f]{16}-01"));
}

TEST_F(Trace, BeginsAnewBehindWhatIsNotValid) {
  const std::string zeros(32, '0');
  for (const std::string& bad :
       {std::string("?"), parent("ff"), parent("0G"), parent() + "-more", parent("01") + "more",
        "00-" + zeros + "-" + kSpan + "-01", "00-" + std::string(kTrace) + "-0000000000000000-01",
        "00-4BF92F3577B34DA6A3CE929D0E0E4736-" + std::string(kSpan) + "-01", parent("00", "0x")}) {
    fields_.set("tracestate", "a=1");
    const auto trace = after(bad);
    EXPECT_EQ(trace.parent_span_id, "") << bad;
    EXPECT_NE(trace.trace_id, kTrace) << bad;
    EXPECT_EQ(sent("tracestate"), "") << bad;
  }
}

TEST_F(Trace, BeginsAnewBehindTwoParents) {
  fields_.add("traceparent", parent());
  fields_.add("Traceparent", parent());
  EXPECT_EQ(carry().parent_span_id, "");
  EXPECT_EQ(fields_.count("traceparent"), 1u);
}

TEST_F(Trace, ReadsLaterVersionsAsFarAsItKnowsThem) {
  const auto trace = after(parent("cc", "03") + "-what-comes-later");
  EXPECT_EQ(trace.trace_id, kTrace);
  EXPECT_EQ(sent("traceparent"), "00-" + trace.trace_id + "-" + trace.span_id + "-01");
}

TEST_F(Trace, CarriesTheStateOfOthersAsOneField) {
  fields_.add("tracestate", "rojo=00f067aa0ba902b7,");
  fields_.add("tracestate", "congo=t61rcWkgMzE");
  (void)after(parent());
  EXPECT_EQ(fields_.count("tracestate"), 1u);
  EXPECT_THAT(sent("tracestate"), MatchesRegex("rojo=00f067aa0ba902b7,.*congo=t61rcWkgMzE"));
}

TEST_F(Trace, DropsAStateThatIsNotValidAndKeepsTheTrace) {
  fields_.set("tracestate", "a=1,a=2");
  EXPECT_EQ(after(parent()).trace_id, kTrace);
  EXPECT_EQ(sent("tracestate"), "");
}

TEST(Tracestate, IsAListOfMembersWithKeysOfTheirOwn) {
  std::string most, more;
  for (int i = 0; i < 33; ++i) {
    if (i < 32) most += "k" + std::to_string(i) + "=v,";
    more += "k" + std::to_string(i) + "=v,";
  }
  for (const std::string& good :
       {std::string("a=1"), std::string("a=1, b=2 ,,c=3"), std::string("0tenant@system=x"),
        std::string("a*/_-0=x y~"), most, "a=" + std::string(256, 'x')})
    EXPECT_TRUE(is_valid_tracestate(good)) << good;
  for (const std::string& bad :
       {std::string("a"), std::string("A=1"), std::string("0=1"), std::string("a="),
        std::string("=1"), std::string("a=1=2"), std::string("a=\t"), std::string("a@0s=1"),
        std::string("a@=1"), more, "a=" + std::string(257, 'x'), std::string(257, 'a') + "=1"})
    EXPECT_FALSE(is_valid_tracestate(bad)) << bad;
}

}  // namespace
}  // namespace meridian::edge
