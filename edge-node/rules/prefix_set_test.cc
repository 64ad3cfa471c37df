#include "edge-node/rules/prefix_set.h"

#include <random>

#include <gtest/gtest.h>

namespace meridian::edge {
namespace {

IpAddress random_address(std::mt19937_64& random) {
  // Few different bytes, so that networks meet each other.
  const auto byte = [&] {
    return static_cast<std::uint8_t>(random() % 3 == 0 ? 0xff : random() % 2);
  };
  if (random() % 2 == 0) {
    const std::array<std::uint8_t, 4> bytes{byte(), byte(), byte(), byte()};
    return IpAddress::v4(bytes);
  }
  std::array<std::uint8_t, 16> bytes{};
  for (auto& each : bytes) each = byte();
  return IpAddress::v6(bytes);
}

TEST(PrefixSet, HoldsWhatOneOfItsPrefixesHolds) {
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    std::mt19937_64 random(seed);
    std::vector<IpPrefix> prefixes;
    for (auto count = random() % 20; count > 0; --count) {
      const auto address = random_address(random);
      prefixes.push_back(prefix_of(
          address, static_cast<int>(random() % static_cast<unsigned>(address.bits() + 1))));
    }
    const PrefixSet set(prefixes);
    for (int i = 0; i < 200; ++i) {
      const auto address = random_address(random);
      const bool held = std::any_of(prefixes.begin(), prefixes.end(),
                                    [&](const auto& prefix) { return prefix.contains(address); });
      ASSERT_EQ(set.contains(address), held) << address.text();
    }
  }
}

TEST(PrefixSet, OfNothingHoldsNothing) {
  EXPECT_TRUE(PrefixSet().empty());
  EXPECT_FALSE(PrefixSet().contains(*parse_address("192.0.2.1")));
}

}  // namespace
}  // namespace meridian::edge
