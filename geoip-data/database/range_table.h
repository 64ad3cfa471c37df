#pragma once

#include <algorithm>
#include <bit>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <limits>

#include "common/base/huge_pages.h"
#include "common/base/prefetch.h"
#include "common/net/address.h"

namespace meridian {

__extension__ typedef unsigned __int128 U128;

/// An address as a number: IPv4 in 32 bits, IPv6 in 128.
template <class Key>
inline constexpr int kKeyBits = static_cast<int>(sizeof(Key)) * 8;

template <class Key>
Key key_of(const IpAddress& address) {
  Key key = 0;
  for (const auto octet : address.bytes()) key = static_cast<Key>(key << 8) | octet;
  return key;
}

/// The last address of the network of `length` bits that begins at `first`.
template <class Key>
Key last_of(Key first, int length) {
  return length == kKeyBits<Key>
             ? first
             : static_cast<Key>(first | static_cast<Key>(static_cast<Key>(~Key{0}) >> length));
}

/// The whole address space cut into ranges, each with a number. The first range begins at 0.
template <class Key>
struct Ranges {
  TableVector<Key> starts;
  TableVector<std::uint32_t> values;

  /// Starts are given in ascending order. Equal neighbours become one range.
  void append(Key start, std::uint32_t value) {
    assert(starts.empty() ? start == 0 : start >= starts.back());
    if (!starts.empty() && starts.back() == start) {
      // What began here would have been empty.
      starts.pop_back();
      values.pop_back();
    }
    if (!values.empty() && values.back() == value) return;
    starts.push_back(start);
    values.push_back(value);
  }
  std::size_t size() const { return starts.size(); }
  /// How many addresses a range holds.
  double addresses(std::size_t range) const {
    const auto last =
        range + 1 < size() ? static_cast<Key>(starts[range + 1] - 1) : static_cast<Key>(~Key{0});
    return static_cast<double>(static_cast<Key>(last - starts[range])) + 1;
  }
};

/// Leading bits that `a` and `b` share.
template <class Key>
int common_bits(Key a, Key b) {
  const Key different = a ^ b;
  if constexpr (sizeof(Key) <= 8) {
    return std::countl_zero(different);
  } else {
    const auto high = static_cast<std::uint64_t>(different >> 64);
    return high != 0 ? std::countl_zero(high)
                     : 64 + std::countl_zero(static_cast<std::uint64_t>(different));
  }
}

/// Ranges ready for lookup: a first level by the top bits of the address, about as many blocks as
/// there are ranges but at most 2^kMostIndexBits, then a binary search among the few ranges that
/// begin there. Immutable once built; any thread.
template <class Key, int kMostIndexBits>
class RangeTable {
 public:
  struct Hit {
    std::uint32_t value = 0;
    /// Length of the widest prefix around the address in which every address has this value.
    std::uint8_t scope = 0;
  };

  RangeTable() : RangeTable(Ranges<Key>{{0}, {0}}) {}
  explicit RangeTable(const Ranges<Key>& ranges) {
    entries_.reserve(ranges.size());
    for (std::size_t i = 0; i < ranges.size(); ++i)
      entries_.push_back({ranges.starts[i], ranges.values[i]});
    const auto bits = std::clamp(static_cast<int>(std::bit_width(size())), 1, kMostIndexBits);
    shift_ = kKeyBits<Key> - bits;
    index_.resize((std::size_t{1} << bits) + 1);
    std::uint32_t range = 0;
    for (std::size_t block = 0; block + 1 < index_.size(); ++block) {
      const auto first = static_cast<Key>(static_cast<Key>(block) << shift_);
      while (range + 1 < size() && entries_[range + 1].start <= first) ++range;
      index_[block] = range;
    }
    index_.back() = static_cast<std::uint32_t>(size() - 1);
  }

  Hit find(Key address) const {
    const auto block = static_cast<std::size_t>(address >> shift_);
    // The last range that begins at or before the address is in [low, high].
    std::size_t low = index_[block];
    std::size_t high = index_[block + 1];
    while (low < high) {
      const auto middle = (low + high + 1) / 2;
      if (entries_[middle].start <= address)
        low = middle;
      else
        high = middle - 1;
    }
    return {entries_[low].value, scope_of(address, low)};
  }

  /// Asks memory for what find() reads first, and then for what it reads next.
  void prefetch_block(Key address) const {
    prefetch_memory(&index_[static_cast<std::size_t>(address >> shift_)], 2 * sizeof index_[0]);
  }
  void prefetch_ranges(Key address) const {
    const auto block = static_cast<std::size_t>(address >> shift_);
    // With the neighbours that decide on the scope.
    const std::size_t first = index_[block] - (index_[block] > 0 ? 1 : 0);
    const std::size_t last = std::min<std::size_t>(index_[block + 1] + 1, size() - 1);
    prefetch_memory(&entries_[first], (last - first + 1) * sizeof(Entry));
  }

  /// What it was made of.
  Ranges<Key> ranges() const {
    Ranges<Key> ranges;
    ranges.starts.reserve(size());
    ranges.values.reserve(size());
    for (const auto& entry : entries_) {
      ranges.starts.push_back(entry.start);
      ranges.values.push_back(entry.value);
    }
    return ranges;
  }
  std::size_t size() const { return entries_.size(); }
  std::size_t bytes() const {
    return entries_.size() * sizeof(Entry) + index_.size() * sizeof(std::uint32_t);
  }

 private:
  /// Side by side, so that one line of the processor's cache holds all that most lookups read.
  /// Packed: 20 octets for IPv6, not 32.
  struct [[gnu::packed]] Entry {
    Key start;
    std::uint32_t value;
  };

  /// The shortest prefix that reaches neither the range before nor the one after.
  std::uint8_t scope_of(Key address, std::size_t range) const {
    int scope = 0;
    if (range > 0)
      scope = common_bits<Key>(address, static_cast<Key>(entries_[range].start - 1)) + 1;
    if (range + 1 < size()) {
      const auto after = common_bits<Key>(address, entries_[range + 1].start) + 1;
      if (after > scope) scope = after;
    }
    return static_cast<std::uint8_t>(scope);
  }

  TableVector<Entry> entries_;
  TableVector<std::uint32_t> index_;
  int shift_ = 0;
};

/// First levels of 4 MiB at most.
using RangeTable4 = RangeTable<std::uint32_t, 20>;
using RangeTable6 = RangeTable<U128, 20>;

}  // namespace meridian
