#include <gtest/gtest.h>

#include "dns-steer/query/answer.h"
#include "dns-steer/query/test_answers.h"

namespace meridian::dns {
namespace {

using namespace meridian::dns::testing;

constexpr std::uint16_t kA = 1, kNs = 2, kCname = 5, kTxt = 16, kDname = 39, kAny = 255;

const char kMoreRecords[] = R"(
    - {name: old, type: DNAME, ttl: 120s, data: [new]}
    - {name: old, type: TXT, data: ['"moved"']}
    - {name: hidden.old, type: A, data: [192.0.2.66]}
    - {name: a.new, type: A, data: [192.0.2.70]}
    - {name: b.new, type: CNAME, data: [mail]}
    - {name: away-too, type: DNAME, data: [other.test.]}
    - {name: steered, type: DNAME, data: [cdn]}
    - {name: grow, type: DNAME, data: [x.grow]}
    - {name: into, type: CNAME, data: [a.old]}
    - {name: twice, type: DNAME, data: [old]}
    - {name: "*.echo", type: CNAME, data: [one.echo]}
    - {name: tosub, type: CNAME, data: [www.sub]}
    - {name: long, type: DNAME, data: [LONG]}
---
kind: Zone
name: moved.test
spec:
  nameservers: [ns1.shop.test.]
  records:
    - {name: "@", type: DNAME, data: [shop.test.]}
    - {name: "@", type: TXT, data: ['"apex"']}
)";

std::string zones() {
  auto text = std::string(kShop) + kMoreRecords;
  const auto at = text.find("LONG");
  std::string target;
  for (const char c : {'a', 'b', 'c'}) target += std::string(63, c) + ".";
  return text.replace(at, 4, target.substr(0, target.size() - 1));
}

std::string answer_to(const std::string& name, std::uint16_t type = kA,
                      Transport transport = Transport::udp) {
  static const auto serving = serving_from(zones());
  return describe(ask(*serving, packet({.name = name, .type = type}), transport));
}

const std::string kSoa =
    "\nauthority shop.test. 60 IN SOA ns1.shop.test. dns\\.admin.shop.test. 7 3600 600 1209600 60";
const std::string kOld = "NOERROR aa\nanswer old.shop.test. 120 IN DNAME new.shop.test.";

// RFC 6672 sections 2.2 and 3.2.
TEST(Dname, MakesACnameForWhatIsBelowIt) {
  EXPECT_EQ(answer_to("a.old.shop.test"),
            kOld +
                "\nanswer a.old.shop.test. 120 IN CNAME a.new.shop.test."
                "\nanswer a.new.shop.test. 300 IN A 192.0.2.70");
  EXPECT_EQ(answer_to("hidden.old.shop.test"),
            "NXDOMAIN" + kOld.substr(7) +
                "\nanswer hidden.old.shop.test. 120 IN CNAME hidden.new.shop.test." + kSoa);
  EXPECT_EQ(answer_to("A.oLd.shop.test").substr(kOld.size()),
            "\nanswer A.oLd.shop.test. 120 IN CNAME A.new.shop.test."
            "\nanswer A.new.shop.test. 300 IN A 192.0.2.70");
}

TEST(Dname, IsNotFollowedForWhoAsksForTheAlias) {
  const auto alias = kOld + "\nanswer b.old.shop.test. 120 IN CNAME b.new.shop.test.";
  EXPECT_EQ(answer_to("b.old.shop.test", kCname), alias);
  EXPECT_EQ(answer_to("b.old.shop.test", kAny), alias);
}

TEST(Dname, LeavesItsOwnNameAlone) {
  EXPECT_EQ(answer_to("old.shop.test", kTxt),
            "NOERROR aa\nanswer old.shop.test. 300 IN TXT \"moved\"");
  EXPECT_EQ(answer_to("old.shop.test", kDname), kOld);
  EXPECT_EQ(answer_to("old.shop.test"), "NOERROR aa" + kSoa);
}

TEST(Dname, LeadsOutOfOurZones) {
  EXPECT_EQ(answer_to("www.away-too.shop.test"),
            "NOERROR aa\nanswer away-too.shop.test. 300 IN DNAME other.test."
            "\nanswer www.away-too.shop.test. 300 IN CNAME www.other.test.");
}

TEST(Dname, LeadsToSteeredNames) {
  EXPECT_EQ(answer_to("x.steered.shop.test"),
            "NOERROR aa\nanswer steered.shop.test. 300 IN DNAME cdn.shop.test."
            "\nanswer x.steered.shop.test. 300 IN CNAME x.cdn.shop.test."
            "\nanswer x.cdn.shop.test. 20 IN A 192.0.2.1");
}

TEST(Dname, StandsAtAnApex) {
  EXPECT_EQ(answer_to("moved.test", kTxt), "NOERROR aa\nanswer moved.test. 300 IN TXT \"apex\"");
  EXPECT_EQ(answer_to("mail.moved.test"),
            "NOERROR aa\nanswer moved.test. 300 IN DNAME shop.test."
            "\nanswer mail.moved.test. 300 IN CNAME mail.shop.test."
            "\nanswer mail.shop.test. 300 IN A 192.0.2.25");
  EXPECT_EQ(answer_to("moved.test", kNs),
            "NOERROR aa\nanswer moved.test. 300 IN NS ns1.shop.test.");
}

TEST(Dname, AndCnameFollowEachOther) {
  EXPECT_EQ(answer_to("into.shop.test"),
            "NOERROR aa\nanswer into.shop.test. 300 IN CNAME a.old.shop.test."
            "\nanswer old.shop.test. 120 IN DNAME new.shop.test."
            "\nanswer a.old.shop.test. 120 IN CNAME a.new.shop.test."
            "\nanswer a.new.shop.test. 300 IN A 192.0.2.70");
  EXPECT_EQ(answer_to("b.twice.shop.test"),
            "NOERROR aa\nanswer twice.shop.test. 300 IN DNAME old.shop.test."
            "\nanswer b.twice.shop.test. 300 IN CNAME b.old.shop.test."
            "\nanswer old.shop.test. 120 IN DNAME new.shop.test."
            "\nanswer b.old.shop.test. 120 IN CNAME b.new.shop.test."
            "\nanswer b.new.shop.test. 300 IN CNAME mail.shop.test."
            "\nanswer mail.shop.test. 300 IN A 192.0.2.25");
}

TEST(Dname, SaysYxdomainWhenANameBecomesTooLong) {
  const std::string forty(40, 'q');
  EXPECT_EQ(answer_to(forty + ".long.shop.test", kA, Transport::tcp).substr(0, 11), "NXDOMAIN aa");
  EXPECT_EQ(answer_to(forty + "." + forty + ".long.shop.test").substr(0, 56),
            "YXDOMAIN aa\nanswer long.shop.test. 300 IN DNAME aaaaaaaa");
}

TEST(Dname, InARingIsFollowedOnce) {
  EXPECT_EQ(answer_to("y.grow.shop.test"),
            "NOERROR aa\nanswer grow.shop.test. 300 IN DNAME x.grow.shop.test."
            "\nanswer y.grow.shop.test. 300 IN CNAME y.x.grow.shop.test.");
}

TEST(Cname, OfAWildcardToItselfIsTold) {
  EXPECT_EQ(answer_to("two.echo.shop.test"),
            "NOERROR aa\nanswer two.echo.shop.test. 300 IN CNAME one.echo.shop.test."
            "\nanswer one.echo.shop.test. 300 IN CNAME one.echo.shop.test.");
}

TEST(Cname, IsWhatAnyFindsAtAnAlias) {
  EXPECT_EQ(answer_to("alias.shop.test", kAny),
            "NOERROR aa\nanswer alias.shop.test. 300 IN CNAME www.shop.test.");
  EXPECT_EQ(answer_to("alias.shop.test", kCname),
            "NOERROR aa\nanswer alias.shop.test. 300 IN CNAME www.shop.test.");
}

TEST(Cname, LeadsToAReferral) {
  EXPECT_EQ(answer_to("tosub.shop.test"),
            "NOERROR aa\nanswer tosub.shop.test. 300 IN CNAME www.sub.shop.test."
            "\nauthority sub.shop.test. 300 IN NS ns.sub.shop.test."
            "\nauthority sub.shop.test. 300 IN NS ns2.other.test."
            "\nadditional ns.sub.shop.test. 300 IN A 192.0.2.54");
}

}  // namespace
}  // namespace meridian::dns
