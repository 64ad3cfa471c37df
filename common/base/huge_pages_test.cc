#include "common/base/huge_pages.h"

#include <cstdint>
#include <numeric>

#include <gtest/gtest.h>

namespace meridian {
namespace {

TEST(TableVector, HoldsWhatItIsGivenWhateverItsSize) {
  for (const std::size_t size : {0, 1, 1'000, 1'000'000}) {
    TableVector<std::uint32_t> numbers(size);
    std::iota(numbers.begin(), numbers.end(), 0u);
    const auto copy = numbers;
    numbers.push_back(7);
    EXPECT_EQ(numbers.size(), size + 1);
    EXPECT_TRUE(std::equal(copy.begin(), copy.end(), numbers.begin()));
    EXPECT_EQ(numbers.back(), 7u);
  }
}

TEST(TableVector, AlignsLargeTablesToHugePages) {
  const TableVector<char> large(std::size_t{3} << 20);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(large.data()) % (std::size_t{2} << 20), 0u);
}

TEST(HugePages, RefuseSizesThatNoMemoryHas) {
  EXPECT_THROW(allocate_in_huge_pages(SIZE_MAX), std::bad_alloc);
}

}  // namespace
}  // namespace meridian
