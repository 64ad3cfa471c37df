#include <cstdlib>
#include <new>
#include <random>

#include <gtest/gtest.h>

#include "dns-steer/query/answer.h"
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
  std::mt19937_64 random(2026);
  for (int i = 0; i < 100'000; ++i) {
    Packet message;
    if (i % 4 == 0) {
      message.resize(random() % 80);
      for (auto& octet : message) octet = static_cast<std::uint8_t>(random());
    } else {
      message = mutated(good[random() % good.size()], random);
    }
    check(*serving, message, i % 2 == 0 ? Transport::udp : Transport::tcp);
    if (HasFatalFailure()) {
      FAIL() << "packet " << i;
    }
  }
}

TEST(HostilePackets, GoodOnesNeverAllocateEither) {
  const auto serving = serving_from(kShop);
  for (const auto& message : good_packets()) check(*serving, message, Transport::udp);
}

}  // namespace
}  // namespace meridian::dns
