#include "edge-node/rules/prefix_set.h"

#include <algorithm>
#include <array>

namespace meridian::edge {
namespace {

/// With all bits past the length set.
IpAddress last_of(const IpPrefix& prefix) {
  std::array<std::uint8_t, 16> bytes{};
  const auto from = prefix.address.bytes();
  std::copy(from.begin(), from.end(), bytes.begin());
  for (int bit = prefix.length; bit < prefix.address.bits(); ++bit)
    bytes[static_cast<std::size_t>(bit / 8)] |= static_cast<std::uint8_t>(0x80 >> (bit % 8));
  const std::span<const std::uint8_t, 16> all(bytes);
  return prefix.address.is_v4() ? IpAddress::v4(all.first<4>()) : IpAddress::v6(all);
}

}  // namespace

PrefixSet::PrefixSet(std::span<const IpPrefix> prefixes) {
  std::vector<Range> ranges;
  for (const auto& prefix : prefixes) ranges.push_back({prefix.address, last_of(prefix)});
  std::sort(ranges.begin(), ranges.end(),
            [](const Range& a, const Range& b) { return a.first < b.first; });
  for (const auto& range : ranges) {
    // Networks are disjoint or one holds the other.
    if (!ranges_.empty() && range.first <= ranges_.back().last)
      ranges_.back().last = std::max(ranges_.back().last, range.last);
    else
      ranges_.push_back(range);
  }
}

bool PrefixSet::contains(const IpAddress& address) const {
  const auto after = std::upper_bound(
      ranges_.begin(), ranges_.end(), address,
      [](const IpAddress& wanted, const Range& range) { return wanted < range.first; });
  return after != ranges_.begin() && address <= std::prev(after)->last;
}

}  // namespace meridian::edge
