#include "dns-steer/query/explain_query.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dns-steer/query/test_answers.h"

namespace meridian::dns {
namespace {

using namespace meridian::dns::testing;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::uint16_t kTxt = 16;
const char kOperator[] = "192.0.2.1";
const char kStranger[] = "203.0.113.9";

std::shared_ptr<const Serving> serving() {
  AnswerSettings settings;
  settings.node = "dns-1";
  settings.explain_prefixes = {parse_prefix("192.0.2.0/24").value()};
  return serving_with(settings);
}

std::string reply(const Packet& query, const char* client = kOperator,
                  Transport transport = Transport::tcp) {
  return describe(ask(*serving(), query, transport, client));
}

TEST(ExplainQuery, TellsEveryStep) {
  const auto text = reply(packet({.name = "www.shop.test._explain", .type = kTxt}));
  EXPECT_THAT(text, HasSubstr("NOERROR aa\nanswer www.shop.test._explain. 0 IN TXT \"01 client: "
                              "192.0.2.1 (source address)\"\n"));
  EXPECT_THAT(text, HasSubstr("site: shop, steered by places"));
  EXPECT_THAT(text, HasSubstr(": edge-fra at fra, healthy, answers"));
  EXPECT_THAT(text, HasSubstr("node: dns-1, revision 7"));
}

TEST(ExplainQuery, IsAboutTheClientThatTheResolverNames) {
  const auto query = packet({.name = "www.shop.test._explain",
                             .type = kTxt,
                             .edns = true,
                             .options = subnet_option(1, 24, "\xc6\x33\x64")});
  const auto answer = ask(*serving(), query, Transport::tcp, kOperator);
  EXPECT_THAT(describe(answer), HasSubstr("client: 198.51.100.0/24 (EDNS Client Subnet)"));
  EXPECT_THAT(describe(answer),
              HasSubstr("override: 0 matches by prefix 198.51.100.0/24: prefer sin"));
  EXPECT_EQ(scope_of(answer), 24);
}

TEST(ExplainQuery, LeavesStrangersWithWhatAnyUnknownNameGets) {
  const auto unknown = reply(packet({.name = "www.shop.test._nothing", .type = kTxt}), kStranger);
  EXPECT_EQ(unknown, "REFUSED");
  EXPECT_EQ(reply(packet({.name = "www.shop.test._explain", .type = kTxt}), kStranger), unknown);
  const auto as_packet = [](const char* name) {
    return ask(*serving(), packet({.name = name, .type = kTxt, .edns = true}), Transport::udp,
               kStranger);
  };
  EXPECT_EQ(option_of(as_packet("www.shop.test._explain"), 15),
            option_of(as_packet("www.shop.test._nothing"), 15));
}

TEST(ExplainQuery, SaysNothingOfOtherTypesOrOfTheSuffixItself) {
  EXPECT_EQ(reply(packet({.name = "www.shop.test._explain", .type = 1})), "REFUSED");
  EXPECT_EQ(reply(packet({.name = "_explain", .type = kTxt})), "REFUSED");
  EXPECT_EQ(reply(packet({.name = "_explain.shop.test", .type = kTxt})).substr(0, 8), "NXDOMAIN");
}

TEST(ExplainQuery, SaysWhyANameCannotBeExplained) {
  EXPECT_THAT(reply(packet({.name = "nothing.shop.test._explain", .type = kTxt})),
              HasSubstr("error: 'nothing.shop.test' does not exist in its zone"));
  EXPECT_THAT(reply(packet({.name = "mail.shop.test._explain", .type = kTxt})),
              HasSubstr("error: 'mail.shop.test' is not steered"));
}

TEST(ExplainQuery, SendsToTcpWhatDoesNotFit) {
  const auto query = packet({.name = "www.shop.test._explain", .type = kTxt});
  EXPECT_THAT(reply(query, kOperator, Transport::udp), HasSubstr("NOERROR aa tc"));
  EXPECT_THAT(reply(query, kOperator, Transport::udp), Not(HasSubstr("TXT")));
}

TEST(ExplainQuery, IsAnsweredSoManyTimesASecond) {
  const auto node = serving();
  WorkerState state(1);
  const auto query = packet({.name = "www.shop.test._explain", .type = kTxt});
  const auto told = [&](std::chrono::milliseconds at) {
    const Now now{Instant{std::chrono::hours(1)} + at, kTestTime};
    return describe(ask(*node, state, now, query, Transport::tcp, kOperator)) != "REFUSED";
  };
  int count = 0;
  for (int i = 0; i < 100; ++i) count += told(std::chrono::milliseconds(0)) ? 1 : 0;
  EXPECT_EQ(count, ExplainLimit::kPerSecond);
  EXPECT_TRUE(told(std::chrono::milliseconds(50)));
  EXPECT_FALSE(told(std::chrono::milliseconds(50)));
}

}  // namespace
}  // namespace meridian::dns
