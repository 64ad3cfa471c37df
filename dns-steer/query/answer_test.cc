#include "dns-steer/query/answer.h"

#include <gtest/gtest.h>

#include "dns-steer/query/test_answers.h"

namespace meridian::dns {
namespace {

using namespace meridian::dns::testing;

constexpr std::uint16_t kA = 1, kNs = 2, kCname = 5, kSoa = 6, kMx = 15, kTxt = 16, kAaaa = 28,
                        kDs = 43;
const char kSoaLine[] =
    "\nauthority shop.test. 60 IN SOA ns1.shop.test. dns\\.admin.shop.test. 7 3600 600 1209600 60";

std::string answer_to(const std::string& name, std::uint16_t type) {
  static const auto serving = serving_from(kShop);
  return describe(ask(*serving, packet({.name = name, .type = type})));
}

TEST(Answer, GivesStaticRecords) {
  EXPECT_EQ(answer_to("mail.shop.test", kA),
            "NOERROR aa\nanswer mail.shop.test. 300 IN A 192.0.2.25");
  EXPECT_EQ(answer_to("odd.shop.test", 65280),
            "NOERROR aa\nanswer odd.shop.test. 300 IN TYPE65280 \\# 2 0a0b");
  EXPECT_EQ(answer_to("www.shop.test", kTxt),
            "NOERROR aa\nanswer www.shop.test. 300 IN TXT \"steered\"");
}

TEST(Answer, MakesSoaAndNsOfTheZone) {
  EXPECT_EQ(answer_to("shop.test", kSoa),
            "NOERROR aa\nanswer shop.test. 300 IN SOA ns1.shop.test. dns\\.admin.shop.test. 7 3600 "
            "600 1209600 60");
  EXPECT_EQ(answer_to("shop.test", kNs),
            "NOERROR aa\nanswer shop.test. 300 IN NS ns1.shop.test."
            "\nanswer shop.test. 300 IN NS ns.other.test."
            "\nadditional ns1.shop.test. 300 IN A 192.0.2.53");
}

TEST(Answer, AddsAddressesOfMailServers) {
  EXPECT_EQ(answer_to("shop.test", kMx),
            "NOERROR aa\nanswer shop.test. 300 IN MX 10 mail.shop.test."
            "\nanswer shop.test. 300 IN MX 20 mx.other.test."
            "\nadditional mail.shop.test. 300 IN A 192.0.2.25"
            "\nadditional mail.shop.test. 300 IN AAAA 2001:db8::25");
}

TEST(Answer, SteersHostnamesOfSites) {
  EXPECT_EQ(answer_to("www.shop.test", kA), "NOERROR aa\nanswer www.shop.test. 20 IN A 192.0.2.1");
  EXPECT_EQ(answer_to("www.shop.test", kAaaa),
            "NOERROR aa\nanswer www.shop.test. 20 IN AAAA 2001:db8::1");
  EXPECT_EQ(answer_to("any.thing.cdn.shop.test", kA),
            "NOERROR aa\nanswer any.thing.cdn.shop.test. 20 IN A 192.0.2.1");
  EXPECT_EQ(answer_to("www.shop.test", kMx), std::string("NOERROR aa") + kSoaLine);
}

TEST(Answer, SaysWhatDoesNotExist) {
  EXPECT_EQ(answer_to("nope.shop.test", kA), std::string("NXDOMAIN aa") + kSoaLine);
  EXPECT_EQ(answer_to("mail.shop.test", kTxt), std::string("NOERROR aa") + kSoaLine);
  EXPECT_EQ(answer_to("b.c.shop.test", kA), std::string("NOERROR aa") + kSoaLine);
  EXPECT_EQ(answer_to("x.b.c.shop.test", kA), std::string("NXDOMAIN aa") + kSoaLine);
}

TEST(Answer, FollowsAliasesInsideItsZones) {
  EXPECT_EQ(answer_to("alias.shop.test", kA),
            "NOERROR aa\nanswer alias.shop.test. 300 IN CNAME www.shop.test."
            "\nanswer www.shop.test. 20 IN A 192.0.2.1");
  EXPECT_EQ(answer_to("alias.shop.test", kCname),
            "NOERROR aa\nanswer alias.shop.test. 300 IN CNAME www.shop.test.");
  EXPECT_EQ(answer_to("away.shop.test", kA),
            "NOERROR aa\nanswer away.shop.test. 300 IN CNAME www.other.test.");
  EXPECT_EQ(answer_to("dead.shop.test", kA),
            "NXDOMAIN aa\nanswer dead.shop.test. 300 IN CNAME nothing.shop.test." +
                std::string(kSoaLine));
  EXPECT_EQ(answer_to("ring1.shop.test", kA),
            "NOERROR aa\nanswer ring1.shop.test. 300 IN CNAME ring2.shop.test."
            "\nanswer ring2.shop.test. 300 IN CNAME ring1.shop.test.");
}

TEST(Answer, ExpandsWildcards) {
  EXPECT_EQ(answer_to("a.b.wild.shop.test", kA),
            "NOERROR aa\nanswer a.b.wild.shop.test. 60 IN A 192.0.2.99");
  EXPECT_EQ(answer_to("a.wild.shop.test", kTxt), std::string("NOERROR aa") + kSoaLine);
  EXPECT_EQ(answer_to("x.aliases.shop.test", kA),
            "NOERROR aa\nanswer x.aliases.shop.test. 300 IN CNAME mail.shop.test."
            "\nanswer mail.shop.test. 300 IN A 192.0.2.25");
}

TEST(Answer, RefersToChildZones) {
  const std::string referral =
      "NOERROR\nauthority sub.shop.test. 300 IN NS ns.sub.shop.test."
      "\nauthority sub.shop.test. 300 IN NS ns2.other.test."
      "\nadditional ns.sub.shop.test. 300 IN A 192.0.2.54";
  EXPECT_EQ(answer_to("www.sub.shop.test", kA), referral);
  EXPECT_EQ(answer_to("sub.shop.test", kNs), referral);
  EXPECT_EQ(answer_to("ns.sub.shop.test", kA), referral);
  EXPECT_EQ(
      answer_to("sub.shop.test", kDs),
      "NOERROR aa\nanswer sub.shop.test. 300 IN DS 1 8 1 00112233445566778899aabbccddeeff00112233");
}

TEST(Answer, GivesLittleForAny) {
  EXPECT_EQ(answer_to("www.shop.test", 255),
            "NOERROR aa\nanswer www.shop.test. 3600 IN HINFO \"RFC8482\" \"\"");
  EXPECT_EQ(answer_to("b.c.shop.test", 255), std::string("NOERROR aa") + kSoaLine);
}

TEST(Answer, RefusesWhatIsNotItsOwn) {
  EXPECT_EQ(answer_to("www.other.test", kA), "REFUSED");
  EXPECT_EQ(answer_to(".", kNs), "REFUSED");
  EXPECT_EQ(answer_to("shop.test", 252), "REFUSED");
  const auto serving = serving_from(kShop);
  EXPECT_EQ(describe(ask(*serving, packet({.name = "shop.test", .type = kTxt, .qclass = 3}))),
            "REFUSED");
}

TEST(Answer, KeepsLetterCaseAndRecursionDesired) {
  const auto serving = serving_from(kShop);
  EXPECT_EQ(describe(ask(*serving, packet({.name = "wWw.SHOP.tEsT", .flags = 0x0100}))),
            "NOERROR aa rd\nanswer wWw.SHOP.tEsT. 20 IN A 192.0.2.1");
}

TEST(Answer, FollowsAliasesFromZoneToZone) {
  const auto serving = serving_from(R"(
kind: Zone
name: one.test
spec:
  nameservers: [ns.two.test.]
  records:
    - {name: www, type: CNAME, data: [a.sub.two.test.]}
    - {name: up, type: A, data: [192.0.2.1]}
---
kind: Zone
name: two.test
spec:
  nameservers: [ns]
  records:
    - {name: a.sub, type: CNAME, data: [x.sub.two.test.]}
    - {name: down, type: CNAME, data: [x.zone.two.test.]}
---
kind: Zone
name: zone.two.test
spec:
  nameservers: [ns]
  records: [{name: x, type: CNAME, data: [up.one.test.]}]
)");
  EXPECT_EQ(describe(ask(*serving, packet({.name = "down.two.test"}))),
            "NOERROR aa\nanswer down.two.test. 300 IN CNAME x.zone.two.test."
            "\nanswer x.zone.two.test. 300 IN CNAME up.one.test."
            "\nanswer up.one.test. 300 IN A 192.0.2.1");
  EXPECT_EQ(describe(ask(*serving, packet({.name = "www.one.test"}))),
            "NXDOMAIN aa\nanswer www.one.test. 300 IN CNAME a.sub.two.test."
            "\nanswer a.sub.two.test. 300 IN CNAME x.sub.two.test."
            "\nauthority two.test. 60 IN SOA ns.two.test. hostmaster.two.test. 7 3600 600 1209600 "
            "60");
}

TEST(Answer, SteersAtAnApexAndWithoutAnEdge) {
  const auto serving = serving_from(R"(
kind: Site
name: shop
spec: {hostnames: [shop.test]}
---
kind: Zone
name: shop.test
spec: {nameservers: [ns]}
)");
  EXPECT_EQ(describe(ask(*serving, packet({.name = "shop.test"}))),
            "NOERROR aa\nauthority shop.test. 60 IN SOA ns.shop.test. hostmaster.shop.test. 7 3600 "
            "600 1209600 60");
}

TEST(Answer, TruncatesWhatDoesNotFitAndGivesItByTcp) {
  std::string data;
  for (int i = 0; i < 30; ++i)
    data += "'\"" + std::to_string(100 + i) + std::string(60, 'x') + "\"',";
  const auto serving = serving_from(
      "kind: Zone\nname: shop.test\nspec:\n  nameservers: [ns]\n  records:\n"
      "    - {name: big, type: TXT, data: [" +
      data + "]}\n");
  const auto question = packet({.name = "big.shop.test", .type = kTxt, .edns = true});
  const auto cut = ask(*serving, question);
  EXPECT_EQ(describe(cut), "NOERROR aa tc");
  EXPECT_LT(cut.size(), 60u);
  const auto whole = ask(*serving, question, Transport::tcp);
  EXPECT_EQ(describe(whole).substr(0, 18), "NOERROR aa\nanswer ");
  EXPECT_GT(whole.size(), 2000u);
}

TEST(Answer, TakesTheSmallerOfBothSizes) {
  std::string data;
  for (int i = 0; i < 9; ++i) data += "'\"" + std::to_string(i) + std::string(60, 'x') + "\"',";
  const auto serving = serving_from(
      "kind: Zone\nname: shop.test\nspec:\n  nameservers: [ns]\n  records:\n"
      "    - {name: big, type: TXT, data: [" +
      data + "]}\n");
  const auto flags = [&](Question question) {
    question.name = "big.shop.test";
    question.type = kTxt;
    return describe(ask(*serving, packet(question))).substr(0, 13);
  };
  EXPECT_EQ(flags({}), "NOERROR aa tc");
  EXPECT_EQ(flags({.edns = true, .udp_size = 512}), "NOERROR aa tc");
  EXPECT_EQ(flags({.edns = true, .udp_size = 0}), "NOERROR aa tc");
  EXPECT_EQ(flags({.edns = true, .udp_size = 4096}), "NOERROR aa\nan");
}

}  // namespace
}  // namespace meridian::dns
