#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

#include "common/base/huge_pages.h"
#include "common/base/prefetch.h"

namespace meridian::dns {

inline constexpr std::uint32_t kNone = 0xffffffff;

/// From the hash of a name to a number (of a node, of a zone). Open addressing, at most half
/// full: a lookup costs one cache line as a rule. Names are compared by the caller's function.
class NameTable {
 public:
  /// Room for `most` entries.
  explicit NameTable(std::size_t most = 0)
      : slots_(std::bit_ceil(most * 2 + 2)), mask_(slots_.size() - 1) {}

  void insert(std::uint64_t hash, std::uint32_t value) {
    auto at = hash & mask_;
    while (slots_[at].value != kNone) at = (at + 1) & mask_;
    slots_[at] = {static_cast<std::uint32_t>(hash >> 32), value};
  }
  /// The entry of this hash for which `same(value)` holds; kNone if there is none.
  template <class Same>
  std::uint32_t find(std::uint64_t hash, Same&& same) const {
    const auto tag = static_cast<std::uint32_t>(hash >> 32);
    for (auto at = hash & mask_; slots_[at].value != kNone; at = (at + 1) & mask_) {
      if (slots_[at].tag == tag && same(slots_[at].value)) return slots_[at].value;
    }
    return kNone;
  }

  /// Asks memory for where `hash` stands.
  void prefetch(std::uint64_t hash) const { prefetch_memory(slots_[hash & mask_]); }
  /// What find() probably gives, without looking at the name: for who asks memory for it ahead.
  std::uint32_t guess(std::uint64_t hash) const {
    return find(hash, [](std::uint32_t) { return true; });
  }

 private:
  struct Slot {
    std::uint32_t tag = 0;
    std::uint32_t value = kNone;
  };
  TableVector<Slot> slots_;
  std::size_t mask_;
};

}  // namespace meridian::dns
