#include <chrono>
#include <cstdlib>
#include <new>
#include <random>
#include <set>
#include <string>

#include <gtest/gtest.h>

#include "dns-steer/query/answer.h"
#include "dns-steer/query/prefetch_answers.h"
#include "dns-steer/query/test_answers.h"

namespace {

// Counted for the whole program; read around single calls of answer().
std::size_t allocations = 0;

}  // namespace

[[gnu::noinline]] void* operator new(std::size_t size) {
  ++allocations;
  if (auto* memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}
[[gnu::noinline]] void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  ++allocations;
  return std::malloc(size);
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace meridian::dns {
namespace {

using namespace meridian::dns::testing;

std::vector<Packet> good_packets() {
  std::vector<Packet> packets;
  for (const auto* name :
       {"www.shop.test", "alias.shop.test", "x.sub.shop.test", "shop.test", "nope.shop.test",
        "x.y.cdn.shop.test", "ring1.shop.test", "other.test"}) {
    for (const std::uint16_t type : {1, 2, 6, 15, 16, 28, 255}) {
      packets.push_back(packet({.name = name, .type = type}));
      packets.push_back(packet({.name = name,
                                .type = type,
                                .edns = true,
                                .options = subnet_option(1, 24, "\xc6\x33\x64")}));
    }
  }
  return packets;
}

Packet mutated(Packet message, std::mt19937_64& random) {
  for (auto n = random() % 4 + 1; n > 0; --n) {
    if (message.empty()) break;
    const auto at = random() % message.size();
    switch (random() % 5) {
      case 0:
        message[at] = static_cast<std::uint8_t>(random());
        break;
      case 1:
        message[at] ^= static_cast<std::uint8_t>(1u << random() % 8);
        break;
      case 2:
        message.resize(at);
        break;
      case 3:
        message.insert(message.end(), random() % 20, static_cast<std::uint8_t>(random()));
        break;
      default:
        message.erase(message.begin() + static_cast<std::ptrdiff_t>(at));
        break;
    }
  }
  return message;
}

/// An answer to `query`, if there is one, is a message, bears its number, and fits.
void check(const Serving& serving, const Packet& query, Transport transport) {
  std::vector<std::uint8_t> out(transport == Transport::udp ? kMostUdpOctets : kMostTcpOctets);
  const Request request{query, IpAddress::v4(0xc6336407), transport};
  static WorkerState state(1);
  const auto before = allocations;
  const auto answered = answer(request, serving, state, Now{}, out);
  ASSERT_EQ(allocations, before) << "a query must not allocate";
  ASSERT_LE(answered.size, out.size());
  if (answered.size == 0) return;
  ASSERT_GE(answered.size, kHeaderOctets);
  ASSERT_EQ(out[0], query[0]);
  ASSERT_EQ(out[1], query[1]);
  ASSERT_NE(out[2] & 0x80, 0);
  out.resize(answered.size);
  if (answered.rcode == Rcode::no_error || answered.rcode == Rcode::nx_domain) {
    ASSERT_NE(describe(out), "unreadable");
  }
}

TEST(HostilePackets, AreAnsweredWithoutHarmOrHeap) {
  const auto serving = serving_from(kShop);
  const auto good = good_packets();
  auto fleet = serving->snapshot->fleet;
  for (const auto& policy : fleet.policies)
    if (policy.places) fleet.large_tables.push_back(policy.places.get());
  ASSERT_FALSE(fleet.large_tables.empty());
  std::mt19937_64 random(2026);
  for (int i = 0; i < 100'000; ++i) {
    Packet message;
    if (i % 4 == 0) {
      message.resize(random() % 80);
      for (auto& octet : message) octet = static_cast<std::uint8_t>(random());
    } else {
      message = mutated(good[random() % good.size()], random);
    }
    const auto before = allocations;
    const ParsedMessage parsed(message);
    const auto client = client_to_locate(parsed.query, IpAddress::v4(0xc6336407));
    prefetch_places(fleet, {&client, 1});
    EXPECT_EQ(allocations, before);
    check(*serving, message, i % 2 == 0 ? Transport::udp : Transport::tcp);
    if (HasFatalFailure()) {
      FAIL() << "packet " << i;
    }
  }
}

/// A node on which everything is switched on, and rate limiting is only just not in the way.
AnswerSettings busy_settings() {
  AnswerSettings settings;
  settings.nsid = "dns-1.example";
  settings.chaos_id = "dns-1";
  settings.chaos_version = "Meridian";
  settings.rate_limits.interval = std::chrono::milliseconds(100);
  return settings;
}

std::shared_ptr<const Serving> busy_serving() {
  std::string yaml = kShop;
  const std::string policy = "steering_policy: places";
  yaml.replace(yaml.find(policy), policy.size(), policy + ", https_record: {alpn: [h2]}");
  auto snapshot = std::make_shared<Snapshot>(*serving_from(yaml)->snapshot);
  snapshot->settings = busy_settings();
  return std::make_shared<const Serving>(std::move(snapshot), HealthView{});
}

struct Kind {
  std::string what;  // that the answer says, so that each kind is what it is meant to be
  Question question;
  Transport transport = Transport::udp;
};

std::vector<Kind> kinds_of_queries(const std::string& cookie) {
  const auto subnet4 = subnet_option(1, 24, "\xc6\x33\x64");
  const auto subnet6 = subnet_option(2, 56, std::string("\x20\x01\x0d\xb8\0\5\0", 7));
  const auto with = [](Question question, const std::string& options) {
    question.edns = true;
    question.options = options;
    return question;
  };
  const Question www{.name = "www.shop.test"};
  return {
      {"192.0.2.25", {.name = "mail.shop.test"}},
      {"192.0.2.25", {.name = "MaIl.sHoP.test", .edns = true, .dnssec_ok = true}},
      {"MX", {.name = "shop.test", .type = 15}},
      {"192.0.2.3", with(www, subnet4)},
      {"2001:db8::1", with({.name = "www.shop.test", .type = 28}, subnet6)},
      {"ipv4hint=192.0.2.3", with({.name = "www.shop.test", .type = 65}, subnet4)},
      {"192.0.2.", with({.name = "x.y.cdn.shop.test"}, subnet4)},
      {"CNAME www.shop.test.", with({.name = "alias.shop.test"}, subnet4)},
      {"ring2", {.name = "ring1.shop.test"}},
      {"CNAME mail.shop.test.", {.name = "x.aliases.shop.test"}},
      {"HINFO", {.name = "www.shop.test", .type = 255}},
      {"NXDOMAIN aa\nauthority", {.name = "nope.shop.test"}},
      {"NOERROR aa\nauthority", {.name = "b.c.shop.test"}},
      {"NOERROR\nauthority sub.shop.test.", {.name = "x.sub.shop.test"}},
      {"DS 1 8 1", {.name = "sub.shop.test", .type = 43}},
      {"TYPE65280", {.name = "odd.shop.test", .type = 65280}},
      {"REFUSED", {.name = "www.other.test", .edns = true}},
      {"REFUSED", {.name = "shop.test", .type = 252}, Transport::tcp},
      {"Meridian", {.name = "version.bind", .type = 16, .qclass = 3}},
      {"NOTIMPL", {.name = "shop.test", .flags = 0x2000}},
      {"FORMERR", with(www, subnet_option(1, 8, "\xc6\x33\x64"))},
      {"BADVERS", {.name = "www.shop.test", .edns = true, .version = 1}},
      {"192.0.2.", with(www, edns_option(3, ""))},
      {"192.0.2.", with(www, edns_option(10, "12345678"))},
      {"192.0.2.", with(www, edns_option(10, cookie))},
      {"192.0.2.", with(www, edns_option(10, "12345678abcdefgh"))},
      {"192.0.2.", with(www, edns_option(11, "")), Transport::tcp},
      {"192.0.2.", with(www, edns_option(12, std::string(16, '\0'))), Transport::tls},
  };
}

/// Answers without the heap; the answer as text.
std::string answer_without_heap(const Serving& serving, WorkerState& state, const Now& now,
                                const Packet& query, Transport transport) {
  static std::vector<std::uint8_t> out(kMostTcpOctets);
  const Request request{query, IpAddress::v4(0xc6336407), transport, std::chrono::seconds(10)};
  const auto before = allocations;
  const auto answered = answer(request, serving, state, now, out);
  EXPECT_EQ(allocations, before) << "a query must not allocate";
  return describe({out.begin(), out.begin() + static_cast<std::ptrdiff_t>(answered.size)});
}

// The rate limiter makes its table with the first answer that it counts.
void warm_up(const Serving& serving, WorkerState& state) {
  (void)ask(serving, state, Now{}, packet({.name = "shop.test"}));
}

TEST(HostilePackets, NoKindOfQueryAllocates) {
  const auto serving = busy_serving();
  WorkerState state(1);
  warm_up(*serving, state);
  const auto given =
      ask(*serving, state, Now{Instant{}, kTestTime},
          packet({.name = "shop.test", .edns = true, .options = edns_option(10, "12345678")}),
          Transport::udp, "198.51.100.7");
  const auto cookie = option_bytes(given, 10);
  ASSERT_EQ(cookie.size(), kFullCookieOctets);
  Now now{Instant{}, kTestTime};
  for (const auto& kind : kinds_of_queries(cookie)) {
    now.instant += std::chrono::seconds(1);
    const auto said =
        answer_without_heap(*serving, state, now, packet(kind.question), kind.transport);
    EXPECT_NE(said.find(kind.what), std::string::npos) << kind.what << " is not in:\n" << said;
  }
  // Over the limit: dropped and truncated in turn; beyond the client's room: truncated.
  std::set<std::string> said;
  for (int i = 0; i < 30; ++i)
    said.insert(answer_without_heap(*serving, state, now, packet({.name = "mail.shop.test"}),
                                    Transport::udp));
  EXPECT_TRUE(said.contains("nothing"));
  EXPECT_TRUE(said.contains("NOERROR aa tc"));
}

TEST(HostilePackets, GoodOnesNeverAllocateEither) {
  const auto serving = serving_from(kShop);
  for (const auto transport : {Transport::udp, Transport::tcp, Transport::tls}) {
    for (const auto& message : good_packets()) check(*serving, message, transport);
  }
}

}  // namespace
}  // namespace meridian::dns
