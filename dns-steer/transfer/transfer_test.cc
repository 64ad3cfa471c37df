#include <set>

#include <gtest/gtest.h>

#include "common/tsig/tsig.h"
#include "common/zone/message.h"
#include "dns-steer/query/test_answers.h"
#include "dns-steer/transfer/notify.h"
#include "dns-steer/transfer/outgoing.h"

namespace meridian::dns {
namespace {

using testing::Packet;

const std::string kShared = std::string(testing::kShop) + R"(
---
kind: TsigKey
name: k
spec: {secret: AAECAwQFBgcICQoLDA0ODw==}
---
kind: Zone
name: open.test
spec:
  nameservers: [ns1]
  serial: 70
  records:
    - {name: ns1, type: A, data: [192.0.2.53]}
    - {name: "*.wild", type: MX, ttl: 60s, data: [10 mail]}
    - {name: big, type: TXT, data: ["a"]}
  allow_transfer: [{client_prefixes: [192.0.2.0/24]}]
  notify: [{address: 192.0.2.9, port: 5353, key: k}]
---
kind: Zone
name: keyed.test
spec:
  nameservers: [ns.other.test.]
  serial: 80
  allow_transfer: [{keys: [k]}]
)";

tsig::Key key() {
  v1::TsigKey declared;
  declared.set_secret("AAECAwQFBgcICQoLDA0ODw==");
  return tsig::parse_key("k", declared).value();
}

/// All messages that answer `query`.
std::vector<Packet> ask(const Serving& serving, const Packet& query,
                        const std::string& client = "192.0.2.1") {
  static TransferCounters counters;
  const auto open = open_transfers(counters);
  const std::shared_ptr<const Serving> borrowed(&serving, [](const Serving*) {});
  const Request request{query, parse_address(client).value(), Transport::tcp, {}};
  const auto source = open(request, borrowed, {.instant = {}, .unix_seconds = testing::kTestTime});
  std::vector<Packet> messages;
  if (!source) return messages;
  Packet buffer(kMostTcpOctets);
  while (const auto size = source->next(buffer))
    messages.emplace_back(buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(size));
  return messages;
}

Packet axfr(const std::string& zone, std::uint16_t type = query_type::kAxfr) {
  return testing::packet({.name = zone, .type = type});
}

Packet with_serial(Packet query, std::uint32_t serial) {
  query[9] = 1;  // NSCOUNT
  const Packet soa{0xc0, 12, 0, 6, 0, 1, 0, 0, 0, 0, 0, 22, 0, 0};
  query.insert(query.end(), soa.begin(), soa.end());
  for (const int shift : {24, 16, 8, 0})
    query.push_back(static_cast<std::uint8_t>(serial >> shift));
  query.insert(query.end(), 16, 0);
  return query;
}

Packet with_signature(Packet query, const tsig::Key& by, tsig::Mac& mac) {
  const auto size = query.size();
  query.resize(size + 500);
  const tsig::Mac none;
  query.resize(tsig::sign(by, query, size, {.before = none, .now = testing::kTestTime}, mac));
  return query;
}

TEST(Transfer, SendsTheZoneBetweenTwoSoas) {
  const auto serving = testing::serving_from(kShared);
  const auto messages = ask(*serving, axfr("open.test"));
  ASSERT_EQ(messages.size(), 1u);
  const auto text = testing::describe(messages[0]);
  EXPECT_EQ(text.substr(0, text.find('\n')), "NOERROR aa");
  const auto records = zone::answer_records(messages[0]).value();
  ASSERT_EQ(records.size(), 6u);
  EXPECT_EQ(records.front().type, 6);
  EXPECT_EQ(records.back().rdata, records.front().rdata);
  EXPECT_NE(text.find("*.wild.open.test. 60 IN MX 10 mail.open.test."), std::string::npos) << text;
}

TEST(Transfer, IsForWhomARuleFits) {
  const auto serving = testing::serving_from(kShared);
  const auto rcode = [&](const Packet& query, const std::string& client) {
    const auto messages = ask(*serving, query, client);
    return messages.empty() ? "none" : std::to_string(messages[0][3] & 15);
  };
  EXPECT_EQ(rcode(axfr("open.test"), "192.0.2.1"), "0");
  EXPECT_EQ(rcode(axfr("open.test"), "198.51.100.1"), "5");
  EXPECT_EQ(rcode(axfr("keyed.test"), "192.0.2.1"), "5");
  EXPECT_EQ(rcode(axfr("shop.test"), "192.0.2.1"), "5") << "nobody is named";
  EXPECT_EQ(rcode(axfr("ns1.open.test"), "192.0.2.1"), "9") << "no apex";
  EXPECT_EQ(rcode(axfr("elsewhere.test"), "192.0.2.1"), "9");
  EXPECT_EQ(rcode(testing::packet({.name = "open.test"}), "192.0.2.1"), "none");
  tsig::Mac mac;
  EXPECT_EQ(rcode(with_signature(axfr("keyed.test"), key(), mac), "198.51.100.1"), "0");
  auto wrong = key();
  wrong.secret[0] = 'x';
  EXPECT_EQ(rcode(with_signature(axfr("keyed.test"), wrong, mac), "192.0.2.1"), "9");
}

TEST(Transfer, AnswersAnIncrementalQueryWithTheSoaOrTheWhole) {
  const auto serving = testing::serving_from(kShared);
  const auto records = [&](std::uint32_t serial) {
    const auto messages = ask(*serving, with_serial(axfr("open.test", query_type::kIxfr), serial));
    return zone::answer_records(messages.at(0)).value().size();
  };
  EXPECT_EQ(records(70), 1u);
  EXPECT_EQ(records(71), 1u);
  EXPECT_EQ(records(69), 6u);
}

TEST(Transfer, TellsItsSerialByUdpToWhoMayHaveTheZone) {
  const auto serving = testing::serving_from(kShared);
  WorkerState state(1);
  const Now now{.instant = {}, .unix_seconds = testing::kTestTime};
  const auto ask_by_udp = [&](const Packet& query, const std::string& client = "192.0.2.1") {
    Packet out(kMostTcpOctets);
    const Request request{query, parse_address(client).value(), Transport::udp, {}};
    out.resize(answer(request, *serving, state, now, out).size);
    return out;
  };
  const auto ixfr = with_serial(axfr("open.test", query_type::kIxfr), 1);
  const auto told = ask_by_udp(ixfr);
  const auto text = testing::describe(told);
  EXPECT_EQ(text.substr(0, text.find('\n')), "NOERROR aa");
  const auto records = zone::answer_records(told).value();
  ASSERT_EQ(records.size(), 1u);
  EXPECT_EQ(records[0].type, 6);

  const auto rcode = [&](const Packet& query, const std::string& client = "192.0.2.1") {
    return ask_by_udp(query, client).at(3) & 15;
  };
  EXPECT_EQ(rcode(ixfr, "198.51.100.1"), 5);
  EXPECT_EQ(rcode(axfr("open.test")), 5) << "a whole zone goes by TCP only";
  EXPECT_EQ(rcode(axfr("ns1.open.test", query_type::kIxfr)), 5) << "no apex";
  EXPECT_EQ(rcode(axfr("elsewhere.test", query_type::kIxfr)), 5);
  EXPECT_EQ(rcode(axfr("keyed.test", query_type::kIxfr)), 5);
  tsig::Mac mac;
  const auto keyed =
      ask_by_udp(with_signature(axfr("keyed.test", query_type::kIxfr), key(), mac), "198.51.100.1");
  EXPECT_EQ(keyed.at(3) & 15, 0);
  EXPECT_NE(testing::describe(keyed).find("SOA"), std::string::npos);
  auto wrong = key();
  wrong.secret[0] = 'x';
  EXPECT_EQ(rcode(with_signature(axfr("keyed.test", query_type::kIxfr), wrong, mac)), 9);
}

TEST(Transfer, EndsWhateverTheSizeOfASet) {
  auto yaml = kShared;
  std::string many;
  for (int i = 0; i < 3'700; ++i)
    many +=
        (i == 0 ? "" : ", ") + ("10.1." + std::to_string(i / 256)) + "." + std::to_string(i % 256);
  yaml.insert(yaml.find("    - {name: big"), "    - {name: " + std::string(60, 'l') + "." +
                                                 std::string(60, 'm') + ", type: A, data: [" +
                                                 many + "]}\n");
  const auto serving = testing::serving_from(yaml);
  tsig::Mac before;
  std::size_t records = 0;
  for (const auto& message : ask(*serving, with_signature(axfr("open.test"), key(), before))) {
    const auto some = zone::answer_records(message).value();
    ASSERT_FALSE(some.empty());
    records += some.size();
  }
  EXPECT_EQ(records, 3'706u);
}

TEST(Transfer, SignsEveryMessage) {
  auto yaml = kShared;
  std::string many;
  for (int i = 0; i < 2000; ++i)
    many += "    - {name: n" + std::to_string(i) + ", type: TXT, data: [\"" + std::string(60, 'x') +
            "\"]}\n";
  yaml.insert(yaml.find("    - {name: big"), many);
  const auto serving = testing::serving_from(yaml);
  tsig::Mac before;
  const auto query = with_signature(axfr("open.test"), key(), before);
  const auto messages = ask(*serving, query);
  ASSERT_GT(messages.size(), 5u);
  auto scope = tsig::Scope::whole;
  std::size_t records = 0;
  for (const auto& message : messages) {
    const auto at = tsig::find_signature(message);
    ASSERT_TRUE(at);
    const auto signature = tsig::read_signature(message, *at);
    ASSERT_TRUE(signature);
    ASSERT_EQ(tsig::verify(key(), *signature, message, *at, before, scope, testing::kTestTime),
              tsig::Verdict::good);
    before = signature->mac;
    scope = tsig::Scope::timers;
    records += zone::answer_records(message).value().size();
  }
  EXPECT_EQ(records, 2006u);
}

TEST(Transfer, GivesSteeredNamesTheirDefaultAnswer) {
  auto yaml = std::string(testing::kShop);
  const auto at = yaml.find("nameservers");
  ASSERT_NE(at, std::string::npos);
  yaml.insert(at, "allow_transfer: [{client_prefixes: [0.0.0.0/0]}]\n  ");
  const auto serving = testing::serving_from(yaml);
  const auto messages = ask(*serving, axfr("shop.test"));
  ASSERT_EQ(messages.size(), 1u);
  EXPECT_NE(testing::describe(messages[0]).find("www.shop.test. 20 IN A "), std::string::npos)
      << testing::describe(messages[0]);
}

TEST(SignedQuery, GetsASignedAnswer) {
  const auto serving = testing::serving_from(kShared);
  tsig::Mac before;
  const auto query =
      with_signature(testing::packet({.name = "open.test", .type = 6}), key(), before);
  WorkerState state(1);
  const auto answer =
      testing::ask(*serving, state, {.instant = {}, .unix_seconds = testing::kTestTime}, query);
  const auto at = tsig::find_signature(answer);
  ASSERT_TRUE(at);
  const auto signature = tsig::read_signature(answer, *at);
  EXPECT_EQ(
      tsig::verify(key(), *signature, answer, *at, before, tsig::Scope::whole, testing::kTestTime),
      tsig::Verdict::good);
  EXPECT_EQ(zone::answer_records(answer).value().size(), 1u);
}

TEST(SignedQuery, IsToldWhatIsWrong) {
  const auto serving = testing::serving_from(kShared);
  const auto error = [&](const tsig::Key& by, std::uint32_t now) {
    tsig::Mac mac;
    const auto query = with_signature(testing::packet({.name = "open.test", .type = 6}), by, mac);
    WorkerState state(1);
    const auto answer = testing::ask(*serving, state, {.instant = {}, .unix_seconds = now}, query);
    const auto at = tsig::find_signature(answer);
    return std::to_string(answer[3] & 15) + " " +
           (at ? std::to_string(tsig::read_signature(answer, *at)->error) : "unsigned");
  };
  auto other = key();
  other.name = zone::parse_name("other").value();
  EXPECT_EQ(error(other, testing::kTestTime), "9 17");
  other = key();
  other.secret[0] = 'x';
  EXPECT_EQ(error(other, testing::kTestTime), "9 16");
  EXPECT_EQ(error(key(), testing::kTestTime + 1000), "9 18");
}

constexpr auto kAllReady = [](std::uint32_t) { return true; };

/// z0.test and so on, of serial 7, of which all `secondaries` are told.
Sharing shared_with(std::uint32_t zones, const std::vector<std::string>& secondaries) {
  Sharing sharing;
  for (std::uint32_t i = 0; i < zones; ++i) {
    SharedZone zone;
    zone.name = "z" + std::to_string(i) + ".test";
    zone.serial = 7;
    for (const auto& text : secondaries)
      zone.notify.push_back({parse_endpoint(text).value(), kNoKey});
    sharing.zones.emplace(i, std::move(zone));
  }
  return sharing;
}

TEST(NotifySchedule, WaitsForAZoneThatIsNotReadyAndHoldsNoOtherUp) {
  const auto sharing = shared_with(2, {"192.0.2.9:53"});
  NotifySchedule schedule;
  const Instant now{std::chrono::hours(1)};
  schedule.serve(sharing, now, [](std::uint32_t zone) { return zone == 1; });
  EXPECT_EQ(schedule.due(now)->whom.first, "z1.test");
  EXPECT_FALSE(schedule.due(now));
  schedule.serve(sharing, now, kAllReady);
  EXPECT_EQ(schedule.due(now)->whom.first, "z0.test");
  EXPECT_FALSE(schedule.due(now));
}

TEST(NotifySchedule, TriesAgainMoreAndMoreSlowlyUntilItIsAnswered) {
  const auto serving = testing::serving_from(kShared);
  NotifySchedule schedule;
  const Instant start{std::chrono::hours(1)};
  schedule.serve(*serving->snapshot->sharing, start, kAllReady);
  const auto first = schedule.due(start);
  ASSERT_TRUE(first);
  EXPECT_EQ(first->whom.first, "open.test");
  EXPECT_EQ(first->whom.second.text(), "192.0.2.9:5353");
  EXPECT_EQ(first->serial, 70u);
  EXPECT_FALSE(schedule.due(start));
  EXPECT_EQ(schedule.next(), start + std::chrono::seconds(2));
  EXPECT_TRUE(schedule.due(start + std::chrono::seconds(2)));
  EXPECT_EQ(schedule.next(), start + std::chrono::seconds(6));
  EXPECT_FALSE(schedule.answered(first->whom, 69)) << "of an older serial";
  EXPECT_TRUE(schedule.answered(first->whom, 70));
  EXPECT_FALSE(schedule.next());
  schedule.serve(*serving->snapshot->sharing, start + std::chrono::hours(1), kAllReady);
  EXPECT_FALSE(schedule.next()) << "the serial is the same";
}

TEST(NotifySchedule, GivesUpAndForgets) {
  const auto serving = testing::serving_from(kShared);
  NotifySchedule schedule;
  Instant now{std::chrono::hours(1)};
  schedule.serve(*serving->snapshot->sharing, now, kAllReady);
  int sent = 0;
  while (const auto next = schedule.next()) {
    now = *next;
    if (schedule.due(now)) ++sent;
  }
  EXPECT_EQ(sent, NotifySchedule::kMostTries);
  EXPECT_EQ(schedule.given_up(), 1u);
  schedule.serve({}, now, kAllReady);
  EXPECT_EQ(schedule.waiting(), 0u);
}

TEST(NotifySchedule, GivesEachItsTurn) {
  const auto sharing = shared_with(1000, {"192.0.2.9:53", "[2001:db8::9]:53"});
  NotifySchedule schedule;
  Instant now{std::chrono::hours(1)};
  schedule.serve(sharing, now, kAllReady);
  std::set<NotifySchedule::Whom> told;
  for (int i = 0; i < 2000; ++i) told.insert(schedule.due(now)->whom);
  EXPECT_EQ(told.size(), 2000u);
  EXPECT_FALSE(schedule.due(now));
  for (const auto& whom : told) EXPECT_TRUE(schedule.answered(whom, 7));
  EXPECT_EQ(schedule.waiting(), 0u);
}

TEST(NotifyAnswer, NamesTheZone) {
  auto message = notify_message("shop.test", 0x1234, nullptr, testing::kTestTime);
  EXPECT_FALSE(read_notify_answer(message)) << "the NOTIFY itself";
  message[2] |= 0x80;
  message[13] = 'S';  // case is no matter
  const auto answer = read_notify_answer(message);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->id, 0x1234);
  EXPECT_EQ(answer->zone, "shop.test");
  for (std::size_t size = 0; size < message.size() - 4; ++size)
    EXPECT_FALSE(read_notify_answer(Bytes(message).first(size)));
  message[3] = 5;
  EXPECT_FALSE(read_notify_answer(message)) << "REFUSED";
}

}  // namespace
}  // namespace meridian::dns
