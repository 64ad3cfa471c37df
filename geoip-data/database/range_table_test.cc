#include "geoip-data/database/range_table.h"

#include <random>

#include <gtest/gtest.h>

namespace meridian {
namespace {

template <class Key>
Key random_key(std::mt19937_64& random) {
  Key key = 0;
  // Often close together, so that ranges share a block of the first level and end inside it.
  const auto shift = static_cast<int>(random() % static_cast<unsigned>(kKeyBits<Key>));
  for (unsigned i = 0; i < sizeof(Key); ++i)
    key = static_cast<Key>(key << 8) | static_cast<Key>(random() & 0xff);
  return static_cast<Key>(key >> shift);
}

template <class Key>
Ranges<Key> random_ranges(std::mt19937_64& random) {
  std::vector<Key> starts{0};
  for (auto n = random() % 60; n > 0; --n) starts.push_back(random_key<Key>(random));
  std::sort(starts.begin(), starts.end());
  Ranges<Key> ranges;
  for (const auto start : starts) ranges.append(start, static_cast<std::uint32_t>(random() % 3));
  return ranges;
}

template <class Key>
std::uint32_t linear_search(const Ranges<Key>& ranges, Key address) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < ranges.size() && ranges.starts[i] <= address; ++i)
    value = ranges.values[i];
  return value;
}

template <class Key>
Key first_bits(Key address, int bits) {
  return bits == 0 ? Key{0}
                   : static_cast<Key>(address >> (kKeyBits<Key> - bits) << (kKeyBits<Key> - bits));
}

template <class Key, class Table>
void check_against_linear_search() {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    std::mt19937_64 random(seed);
    const auto ranges = random_ranges<Key>(random);
    const Table table(ranges);
    for (int i = 0; i < 300; ++i) {
      auto address = random_key<Key>(random);
      if (i % 3 == 0)  // right at an edge
        address = static_cast<Key>(ranges.starts[random() % ranges.size()] - Key(random() % 2));
      const auto hit = table.find(address);
      ASSERT_EQ(hit.value, linear_search(ranges, address));

      // Everybody inside the scope has the same value...
      const auto network = first_bits(address, hit.scope);
      const auto last = static_cast<Key>(
          network | (hit.scope == kKeyBits<Key> ? Key{0} : static_cast<Key>(~Key{0}) >> hit.scope));
      for (std::size_t r = 0; r < ranges.size(); ++r) {
        if (ranges.starts[r] > network && ranges.starts[r] <= last) {
          ASSERT_EQ(ranges.values[r], hit.value);
        }
      }
      ASSERT_EQ(linear_search(ranges, network), hit.value);
      ASSERT_EQ(table.find(last).scope, hit.scope);
      // ...and a wider one would reach somebody else's.
      if (hit.scope > 0) {
        const auto wider = first_bits(address, hit.scope - 1);
        const auto wider_last =
            static_cast<Key>(wider | static_cast<Key>(~Key{0}) >> (hit.scope - 1));
        bool other = linear_search(ranges, wider) != hit.value;
        for (std::size_t r = 0; r < ranges.size(); ++r)
          other |= ranges.starts[r] > wider && ranges.starts[r] <= wider_last &&
                   ranges.values[r] != hit.value;
        ASSERT_TRUE(other);
      }
    }
  }
}

TEST(RangeTable, AnswersV4LikeALinearSearchWithTheWidestTrueScope) {
  check_against_linear_search<std::uint32_t, RangeTable4>();
}

TEST(RangeTable, AnswersV6LikeALinearSearchWithTheWidestTrueScope) {
  check_against_linear_search<U128, RangeTable6>();
}

TEST(RangeTable, HasScopeZeroWhenAllAddressesAreEqual) {
  const RangeTable4 table;
  EXPECT_EQ(table.find(0).scope, 0);
  EXPECT_EQ(table.find(0xffffffff).scope, 0);
}

TEST(Ranges, MergeEqualNeighbours) {
  Ranges<std::uint32_t> ranges;
  ranges.append(0, 1);
  ranges.append(10, 1);
  ranges.append(20, 2);
  ranges.append(20, 1);
  ranges.append(30, 3);
  EXPECT_EQ(ranges.starts, (TableVector<std::uint32_t>{0, 30}));
  EXPECT_EQ(ranges.values, (TableVector<std::uint32_t>{1, 3}));
}

}  // namespace
}  // namespace meridian
