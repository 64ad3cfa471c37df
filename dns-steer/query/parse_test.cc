#include "dns-steer/query/parse.h"

#include <gtest/gtest.h>

#include "dns-steer/query/test_answers.h"

namespace meridian::dns {
namespace {

using namespace meridian::dns::testing;

std::string reply(const Packet& query) {
  static const auto serving = serving_from(kShop);
  return describe(ask(*serving, query));
}

Packet with(Packet query, std::size_t at, std::uint8_t value) {
  query.at(at) = value;
  return query;
}

const Packet kQuery = packet({.name = "www.shop.test"});
const Packet kEdnsQuery = packet({.name = "www.shop.test", .edns = true});

TEST(Parse, DropsWhatCannotBeAnswered) {
  for (std::size_t size = 0; size < 12; ++size)
    EXPECT_EQ(reply(Packet(kQuery.begin(), kQuery.begin() + static_cast<std::ptrdiff_t>(size))),
              "nothing");
  EXPECT_EQ(reply(with(kQuery, 2, 0x80)), "nothing") << "an answer must not be answered";
}

TEST(Parse, SaysFormerrToEveryCutQuery) {
  for (std::size_t size = 12; size < kEdnsQuery.size(); ++size)
    EXPECT_EQ(
        reply(Packet(kEdnsQuery.begin(), kEdnsQuery.begin() + static_cast<std::ptrdiff_t>(size))),
        "FORMERR")
        << size;
}

TEST(Parse, SaysFormerrToWrongCounts) {
  EXPECT_EQ(reply(with(kQuery, 5, 0)), "FORMERR") << "no question";
  EXPECT_EQ(reply(with(kQuery, 5, 2)), "FORMERR") << "two questions";
  EXPECT_EQ(reply(with(kQuery, 7, 1)), "FORMERR") << "an answer in a query";
  EXPECT_EQ(reply(with(kQuery, 9, 1)), "FORMERR") << "an authority in a query";
  EXPECT_EQ(reply(with(kQuery, 11, 1)), "FORMERR") << "an additional that is not there";
  auto longer = kQuery;
  longer.push_back(0);
  EXPECT_EQ(reply(longer), "FORMERR") << "an octet too many";
}

TEST(Parse, SaysFormerrToBadNames) {
  EXPECT_EQ(reply(with(kQuery, 12, 0xc0)), "FORMERR") << "a pointer in the question";
  EXPECT_EQ(reply(with(kQuery, 12, 0x41)), "FORMERR") << "an unknown label type";
  EXPECT_EQ(reply(with(kQuery, 12, 63)), "FORMERR") << "a label past the end";
  // 4 labels of 63 octets and the root are 257 octets.
  Packet query(kQuery.begin(), kQuery.begin() + 12);
  for (int i = 0; i < 4; ++i) {
    query.push_back(63);
    query.insert(query.end(), 63, 'a');
  }
  query.insert(query.end(), {0, 0, 1, 0, 1});
  EXPECT_EQ(reply(query), "FORMERR");
}

TEST(Parse, SaysNotimpToOtherOpcodes) {
  for (const int opcode : {1, 2, 4, 5, 6, 15}) {
    EXPECT_EQ(reply(with(kQuery, 2, static_cast<std::uint8_t>(opcode << 3))), "NOTIMPL") << opcode;
  }
  EXPECT_EQ(reply(with(kEdnsQuery, 2, 5 << 3)), "NOTIMPL");
  const auto serving = serving_from(kShop);
  EXPECT_EQ(ask(*serving, with(kEdnsQuery, 2, 5 << 3))[11], 1) << "EDNS is answered in kind";
}

TEST(Parse, RefusesTypesThatAreNoQuestion) {
  const auto with_type = [](std::uint16_t type) {
    return reply(packet({.name = "www.shop.test", .type = type}));
  };
  EXPECT_EQ(with_type(252), "REFUSED");
  EXPECT_EQ(with_type(251), "REFUSED");
  EXPECT_EQ(with_type(250), "NOTIMPL");
  EXPECT_EQ(with_type(41), "FORMERR");
}

TEST(Parse, AnswersClassAnyWithoutAuthority) {  // RFC 1034 section 3.7.1
  EXPECT_EQ(reply(packet({.name = "mail.shop.test", .qclass = 255})),
            "NOERROR\nanswer mail.shop.test. 300 IN A 192.0.2.25");
  EXPECT_EQ(reply(packet({.name = "other.test", .qclass = 255})), "REFUSED");
  EXPECT_EQ(reply(packet({.name = "mail.shop.test", .qclass = 254})), "REFUSED");
}

TEST(Edns, IsAnsweredInKind) {
  const auto serving = serving_from(kShop);
  const auto without = ask(*serving, kQuery);
  EXPECT_EQ(without[11], 0);
  const auto with_edns = ask(*serving, kEdnsQuery);
  ASSERT_EQ(with_edns[11], 1);
  const Packet opt(with_edns.end() - 11, with_edns.end());
  EXPECT_EQ(opt, (Packet{0, 0, 41, 0x04, 0xd0, 0, 0, 0, 0, 0, 0}));
  const auto dnssec =
      ask(*serving, packet({.name = "www.shop.test", .edns = true, .dnssec_ok = true}));
  EXPECT_EQ(dnssec[dnssec.size() - 4], 0x80);
}

TEST(Edns, OfAnotherVersionGetsBadvers) {
  EXPECT_EQ(reply(packet({.name = "www.shop.test", .edns = true, .version = 1})), "BADVERS");
  EXPECT_EQ(
      reply(packet(
          {.name = "www.shop.test", .edns = true, .version = 255, .options = "not an option"})),
      "BADVERS");
}

TEST(Edns, PassesOverUnknownOptions) {
  const std::string unknown{'\xff', '\xfe', 0, 3, 'a', 'b', 'c'};
  EXPECT_EQ(reply(packet({.name = "www.shop.test", .edns = true, .options = unknown})),
            "NOERROR aa\nanswer www.shop.test. 20 IN A 192.0.2.1");
}

TEST(Edns, SaysFormerrToMalformedOptRecords) {
  EXPECT_EQ(reply(packet({.name = "www.shop.test", .edns = true, .options = "abc"})), "FORMERR");
  EXPECT_EQ(reply(packet(
                {.name = "www.shop.test", .edns = true, .options = std::string{0, 10, 0, 9, 'x'}})),
            "FORMERR");
  auto two = kEdnsQuery;
  two.insert(two.end(), kEdnsQuery.end() - 11, kEdnsQuery.end());
  two[11] = 2;
  EXPECT_EQ(reply(two), "FORMERR") << "two OPT records";
  auto named = kEdnsQuery;
  named.insert(named.end() - 11, {1, 'x'});
  EXPECT_EQ(reply(named), "FORMERR") << "an OPT record with an owner";
}

TEST(Edns, IsAnsweredInKindEvenIfItsOptionsAreMalformed) {
  const auto serving = serving_from(kShop);
  const auto reply_to =
      ask(*serving, packet({.name = "www.shop.test", .edns = true, .options = "abc"}));
  EXPECT_EQ(reply_to[11], 1);
}

TEST(Edns, CopiesNoFlagButDo) {
  const auto serving = serving_from(kShop);
  auto query = packet({.name = "www.shop.test", .flags = 0x01f0 - 0x80, .edns = true});
  query[query.size() - 4] = 0xff;
  query[query.size() - 3] = 0xff;
  const auto reply_to = ask(*serving, query);
  // QR, AA and RD: AD and CD are not for an authoritative server (RFC 4035 section 3.1.6).
  EXPECT_EQ(reply_to[2], 0x85);
  EXPECT_EQ(reply_to[3], 0x00);
  EXPECT_EQ(reply_to[reply_to.size() - 4], 0x80);
  EXPECT_EQ(reply_to[reply_to.size() - 3], 0x00);
}

TEST(Parse, PassesOverOtherAdditionalRecords) {
  auto query = kQuery;
  query.insert(query.end(), {0xc0, 12, 0, 16, 0, 1, 0, 0, 0, 0, 0, 2, 1, 'x'});
  query[11] = 1;
  EXPECT_EQ(reply(query), "NOERROR aa\nanswer www.shop.test. 20 IN A 192.0.2.1");
}

}  // namespace
}  // namespace meridian::dns
