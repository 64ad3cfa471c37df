#include <cctype>
#include <random>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "dns-steer/query/judge.h"
#include "dns-steer/query/test_answers.h"

namespace meridian::dns {
namespace {

using testing::find_fault;
using testing::Packet;

constexpr std::uint16_t kA = 1, kNs = 2, kCname = 5, kSoa = 6, kMx = 15, kTxt = 16, kAaaa = 28,
                        kDs = 43, kRrsig = 46, kNsec = 47, kDnskey = 48, kCds = 59, kCdnskey = 60,
                        kNxname = 128, kAny = 255;

const char kSigned[] = R"(
---
kind: Zone
name: signed.test
spec:
  sign: true
  nameservers: [ns1, ns.other.test.]
  default_ttl: 600s
  negative_ttl: 30s
  records:
    - {name: ns1, type: A, data: [192.0.2.53]}
    - {name: "@", type: MX, data: [10 Mail, 20 mx.other.test.]}
    - {name: mail, type: A, data: [192.0.2.26, 192.0.2.25]}
    - {name: MiXed, type: TXT, data: ['"b"', '"a"', '"aa"']}
    - {name: steered, type: TXT, data: ['"beside"']}
    - {name: alias, type: CNAME, data: [Steered]}
    - {name: elsewhere, type: CNAME, data: [mail.plain.test.]}
    - {name: chain, type: CNAME, data: [alias]}
    - {name: dead, type: CNAME, data: [nothing]}
    - {name: "*.wild", type: A, ttl: 60s, data: [192.0.2.99]}
    - {name: "*.wild", type: TXT, data: ['"wild"']}
    - {name: "*.aliases", type: CNAME, data: [mail]}
    - {name: a.b.c, type: TXT, data: ['"deep"']}
    - {name: old, type: DNAME, data: [c]}
    - {name: safe, type: NS, data: [ns.safe]}
    - {name: ns.safe, type: A, data: [192.0.2.54]}
    - {name: safe, type: DS, data: [1 8 1 00112233445566778899aabbccddeeff00112233]}
    - {name: plain, type: NS, data: [ns.plain, ns.other.test.]}
    - {name: ns.plain, type: A, data: [192.0.2.55]}
    - {name: odd, type: TYPE65280, data: ['\# 2 0a0b', '\# 1 ff']}
    - {name: srv, type: SRV, data: [0 5 443 MAIL, 0 5 443 a.other.test.]}
    - {name: naptr, type: NAPTR, data: ['10 20 "u" "E2U+sip" "" Foo.Other.test.']}
---
kind: Zone
name: plain.test
spec:
  nameservers: [ns1]
  records:
    - {name: mail, type: A, data: [192.0.2.77]}
---
kind: Zone
name: child.signed.test
spec:
  sign: true
  signing: {algorithm: ed25519, split_keys: true}
  nameservers: [ns1]
  records:
    - {name: www, type: A, data: [192.0.2.78]}
---
kind: Site
name: signed
spec:
  hostnames: [steered.signed.test, "*.cdn.signed.test", signed.test]
  steering_policy: places
  https_record: {alpn: [h2]}
)";

class SignedAnswers : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    const auto plain = testing::serving_from(std::string(testing::kShop) + kSigned);
    late_ = new std::shared_ptr<const Serving>(plain);
    ahead_ = new std::shared_ptr<const Serving>(testing::signed_ahead(plain));
  }

  /// Asked of a node that has signed ahead, and of one that has signed nothing yet.
  std::vector<Packet> ask(const std::string& name, std::uint16_t type, bool compact_ok = false) {
    std::vector<Packet> answers;
    for (const auto* serving : {ahead_, late_})
      answers.push_back(testing::ask(**serving,
                                     testing::packet({.name = name,
                                                      .type = type,
                                                      .edns = true,
                                                      .udp_size = 4096,
                                                      .dnssec_ok = true,
                                                      .compact_ok = compact_ok}),
                                     Transport::tcp));
    return answers;
  }

  static std::vector<Packet> keys() {
    return {testing::keys_of(**ahead_, "signed.test"),
            testing::keys_of(**ahead_, "child.signed.test")};
  }

  std::string describe(const std::string& name, std::uint16_t type, bool compact_ok = false) {
    return testing::describe(ask(name, type, compact_ok).front());
  }

  static std::shared_ptr<const Serving>* ahead_;
  static std::shared_ptr<const Serving>* late_;
};
std::shared_ptr<const Serving>* SignedAnswers::ahead_ = nullptr;
std::shared_ptr<const Serving>* SignedAnswers::late_ = nullptr;

TEST_F(SignedAnswers, VerifyWhateverIsAsked) {
  const auto known = keys();
  for (const auto* name : {"signed.test",           "ns1.signed.test",
                           "MAIL.signed.test",      "mixed.signed.test",
                           "steered.signed.test",   "Alias.Signed.Test",
                           "chain.signed.test",     "dead.signed.test",
                           "x.wild.signed.test",    "y.x.WILD.signed.test",
                           "*.wild.signed.test",    "wild.signed.test",
                           "x.aliases.signed.test", "a.b.c.signed.test",
                           "b.c.signed.test",       "c.signed.test",
                           "old.signed.test",       "b.old.signed.test",
                           "nope.old.signed.test",  "safe.signed.test",
                           "www.safe.signed.test",  "plain.signed.test",
                           "www.plain.signed.test", "odd.signed.test",
                           "srv.signed.test",       "naptr.signed.test",
                           "nothing.signed.test",   "deep.nothing.signed.test",
                           "a.cdn.signed.test",     "cdn.signed.test",
                           "child.signed.test",     "www.child.signed.test",
                           "no.child.signed.test"}) {
    for (const auto type :
         {kA, kNs, kCname, kSoa, kMx, kTxt, kAaaa, kDs, kRrsig, kNsec, kDnskey, kCds, kCdnskey,
          kAny, std::uint16_t{33}, std::uint16_t{35}, std::uint16_t{65280}, std::uint16_t{65}}) {
      if (type == kRrsig) continue;  // what it covers is not there to be verified
      for (const auto& answer : ask(name, type))
        EXPECT_EQ(find_fault(answer, known), "")
            << name << " " << type << ": " << testing::describe(answer);
    }
  }
}

// RFC 8078 section 4.
TEST(SignedZones, AskTheParentToRemoveItsDs) {
  const std::string yaml =
      "kind: Zone\nname: zone.test\nspec:\n  sign: true\n  nameservers: [ns.other.test.]\n";
  const auto before = testing::signed_ahead(testing::serving_from(yaml));
  const auto serving =
      testing::signed_ahead(testing::serving_from(yaml + "  signing: {delete_ds: true}\n"));
  const std::vector<Packet> keys{testing::keys_of(*serving, "zone.test")};
  const auto ask_for = [](const Serving& of, std::uint16_t type) {
    return testing::ask(
        of, testing::packet({.name = "zone.test", .type = type, .edns = true, .dnssec_ok = true}),
        Transport::tcp);
  };
  for (const auto type : {kCds, kCdnskey}) {
    const auto answer = ask_for(*serving, type);
    const auto text = testing::describe(answer);
    EXPECT_NE(text.find(type == kCds ? "IN CDS 0 0 0 00" : "IN CDNSKEY 0 3 0 AA=="),
              std::string::npos)
        << text;
    EXPECT_EQ(testing::count_signatures(answer), 1u);
    EXPECT_EQ(find_fault(answer, keys), "") << text;
    EXPECT_EQ(testing::describe(ask_for(*before, type)).find(" 0 "), std::string::npos);
  }
}

TEST_F(SignedAnswers, SignAnAliasThatLeavesForAnUnsignedZone) {
  for (const auto& answer : ask("elsewhere.signed.test", kA)) {
    EXPECT_EQ(testing::count_signatures(answer), 1u);
    EXPECT_NE(testing::describe(answer).find("mail.plain.test. 300 IN A 192.0.2.77"),
              std::string::npos);
  }
}

TEST_F(SignedAnswers, AreTheSameWhetherSignedAheadOrLate) {
  for (const auto* name : {"signed.test", "steered.signed.test", "nope.signed.test"}) {
    const auto answers = ask(name, kA);
    EXPECT_EQ(testing::count_signatures(answers[0]), testing::count_signatures(answers[1]));
    EXPECT_EQ(answers[0].size(), answers[1].size());
  }
}

TEST_F(SignedAnswers, AreNotSignedForWhoDoesNotAsk) {
  const auto answer =
      testing::ask(**ahead_, testing::packet({.name = "nope.signed.test", .type = kA}));
  EXPECT_EQ(testing::describe(answer),
            "NXDOMAIN aa\nauthority signed.test. 30 IN SOA ns1.signed.test. "
            "hostmaster.signed.test. 7 3600 600 1209600 30");
}

TEST_F(SignedAnswers, SayThatANameDoesNotExistAsIfItDid) {
  const auto answer = describe("nope.signed.test", kA);
  EXPECT_EQ(answer.substr(0, answer.find('\n')), "NOERROR aa");
  EXPECT_NE(answer.find("authority nope.signed.test. 30 IN NSEC \\000.nope.signed.test. RRSIG NSEC "
                        "TYPE128"),
            std::string::npos)
      << answer;
  // Who says that it knows gets the truth.
  const auto compact = describe("nope.signed.test", kA, true);
  EXPECT_EQ(compact.substr(0, compact.find('\n')), "NXDOMAIN aa");
}

TEST_F(SignedAnswers, TellTheTypesOfSteeredNamesAndOfEmptyOnes) {
  EXPECT_NE(describe("steered.signed.test", kMx)
                .find("NSEC \\000.steered.signed.test. A TXT AAAA RRSIG NSEC HTTPS"),
            std::string::npos);
  EXPECT_NE(describe("c.signed.test", kA).find("NSEC \\000.c.signed.test. RRSIG NSEC"),
            std::string::npos);
  EXPECT_NE(describe("x.wild.signed.test", kMx)
                .find("x.wild.signed.test. 30 IN NSEC \\000.x.wild.signed.test. A TXT RRSIG NSEC"),
            std::string::npos);
  EXPECT_NE(describe("plain.signed.test", kDs)
                .find("plain.signed.test. 30 IN NSEC \\000.plain.signed.test. NS RRSIG NSEC"),
            std::string::npos);
}

TEST_F(SignedAnswers, LetASteeredNameLoseItsAddresses) {
  HealthView view;
  for (const auto* edge : {"edge-fra", "edge-nyc", "edge-sin"}) view.edges[edge].up = false;
  const std::string yaml = std::string(testing::kShop) + kSigned + R"(
---
kind: SteeringPolicy
name: strict
spec: {panic_mode: none}
---
kind: Site
name: strict
spec: {hostnames: [strict.signed.test], steering_policy: strict}
)";
  const auto serving = testing::serving_from(yaml, view);
  for (const auto& one : {serving, testing::signed_ahead(serving, view)}) {
    const auto answer = testing::ask(
        *one, testing::packet(
                  {.name = "strict.signed.test", .type = kA, .edns = true, .dnssec_ok = true}));
    EXPECT_EQ(find_fault(answer, {testing::keys_of(*one, "signed.test")}), "");
    EXPECT_NE(testing::describe(answer).find("NSEC \\000.strict.signed.test. AAAA RRSIG NSEC"),
              std::string::npos)
        << testing::describe(answer);
  }
}

TEST_F(SignedAnswers, RefuseQuestionsForATypeThatMarksMissingNames) {
  const auto answer = describe("nope.signed.test", kNxname);
  EXPECT_EQ(answer.substr(0, answer.find('\n')), "FORMERR");
}

TEST_F(SignedAnswers, AreTruncatedWhereSignaturesDoNotFit) {
  const auto answer = testing::ask(
      **ahead_,
      testing::packet(
          {.name = "signed.test", .type = kMx, .edns = true, .udp_size = 512, .dnssec_ok = true}));
  EXPECT_EQ(testing::describe(answer).substr(0, 13), "NOERROR aa\nan") << answer.size();
  const auto keys_answer = testing::ask(**ahead_, testing::packet({.name = "child.signed.test",
                                                                   .type = kAny,
                                                                   .edns = true,
                                                                   .udp_size = 200,
                                                                   .dnssec_ok = true}));
  EXPECT_LE(keys_answer.size(), 512u);
}

TEST_F(SignedAnswers, AreMadeAheadWhereTheyCanBeKnown) {
  WorkerState state(1);
  const Now now{Instant{}, testing::kTestTime};
  for (const auto* name : {"signed.test", "mail.signed.test", "steered.signed.test"}) {
    for (const auto type : {kA, kAaaa, rr::kHttps, kTxt, kMx}) {
      const auto answer = testing::ask(
          **ahead_, state, now,
          testing::packet({.name = name, .type = type, .edns = true, .dnssec_ok = true}),
          Transport::tcp);
      EXPECT_GT(testing::count_signatures(answer), 0u) << name << " " << type;
      EXPECT_EQ(state.fresh_signatures.made(), 0u) << name << " " << type;
    }
  }
}

TEST_F(SignedAnswers, AreBoundedInHowManyAreMadeInASecond) {
  WorkerState state(1);
  const Now now{Instant{} + std::chrono::hours(1), testing::kTestTime};
  const auto ask_for = [&](int number, Transport transport, const Now& at) {
    return testing::ask(**ahead_, state, at,
                        testing::packet({.name = "n" + std::to_string(number) + ".signed.test",
                                         .edns = true,
                                         .dnssec_ok = true}),
                        transport);
  };
  int made = 0;
  while (testing::describe(ask_for(made, Transport::udp, now)) != "NOERROR aa tc") ++made;
  EXPECT_EQ(made, static_cast<int>(FreshSignatures::kPerSecond));
  EXPECT_EQ(testing::describe(ask_for(made, Transport::tcp, now)), "SERVFAIL aa");
  // What was asked before is remembered; a second later there is room again.
  EXPECT_EQ(testing::count_signatures(ask_for(made - 1, Transport::udp, now)), 2u);
  const Now later{now.instant + std::chrono::seconds(1), now.unix_seconds + 1};
  EXPECT_EQ(testing::count_signatures(ask_for(made, Transport::udp, later)), 2u);
}

// Any zone and any question: what is answered verifies.
TEST(SignedZones, VerifyAtRandom) {
  std::mt19937 random(20261125);
  const auto pick = [&random](std::size_t below) {
    return std::uniform_int_distribution<std::size_t>(0, below - 1)(random);
  };
  const std::vector<std::string> labels{"a", "b", "C", "*", "dd"};
  const auto name = [&](std::size_t most) {
    std::string text;
    for (auto i = pick(most) + 1; i > 0; --i) text += labels[pick(labels.size())] + ".";
    return text;
  };
  const std::vector<std::string> data{
      "A|192.0.2.1",          "A|192.0.2.2",       "TXT|'\"x\"'",
      "AAAA|\"2001:db8::1\"", "MX|5 A.zone.test.", "CNAME|b",
      "DNAME|ns.zone.test.",  "NS|ns.other.test.", "TYPE65300|'\\# 1 00'"};
  int zones = 0;
  for (int round = 0; round < 60; ++round) {
    std::string yaml = "kind: Zone\nname: zone.test\nspec:\n  sign: true\n  nameservers: [ns]\n";
    yaml += round % 2 == 0 ? "" : "  signing: {split_keys: true, algorithm: ed25519}\n";
    yaml += "  records:\n    - {name: ns, type: A, data: [192.0.2.53]}\n";
    std::set<std::string> owners{"ns."};
    for (auto i = pick(12); i > 0; --i) {
      const auto owner = name(3);
      auto lower = owner;
      for (auto& c : lower) c = static_cast<char>(std::tolower(c));
      if (!owners.insert(lower).second || lower.find(".*") != std::string::npos) continue;
      const auto& record = data[pick(data.size())];
      const auto bar = record.find('|');
      yaml += "    - {name: \"" + owner.substr(0, owner.size() - 1) +
              "\", type: " + record.substr(0, bar) + ", data: [" + record.substr(bar + 1) + "]}\n";
    }
    const auto late = testing::serving_from(yaml);
    const auto ahead = testing::signed_ahead(late);
    const std::vector<Packet> keys{testing::keys_of(*late, "zone.test")};
    WorkerState state(1);
    const Now now{Instant{}, testing::kTestTime};
    ++zones;
    for (int question = 0; question < 40; ++question) {
      const auto asked = (pick(8) == 0 ? "" : name(4)) + "zone.test";
      const auto type =
          std::vector<std::uint16_t>{kA, kTxt, kMx, kCname, kDs, kAny, kNs, kNsec}[pick(8)];
      for (const auto& serving : {late, ahead}) {
        const auto answer = testing::ask(
            *serving, state, now,
            testing::packet({.name = asked, .type = type, .edns = true, .dnssec_ok = true}),
            Transport::tcp);
        ASSERT_EQ(find_fault(answer, keys), "") << asked << " " << type << "\n"
                                                << testing::describe(answer) << "\n"
                                                << yaml;
      }
    }
  }
  EXPECT_EQ(zones, 60);
}

}  // namespace
}  // namespace meridian::dns
