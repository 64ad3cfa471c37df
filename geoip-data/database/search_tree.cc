#include "geoip-data/database/search_tree.h"

#include <string>
#include <unordered_map>
#include <utility>

#include "geoip-data/database/record.h"

namespace meridian {
namespace {

constexpr std::size_t kSeparator = 16;  // octets between the nodes and the data
constexpr std::uint32_t kNone = 0xffffffff;

/// Numbers of records by where they stand; open addressing, for millions of questions.
class OffsetTable {
 public:
  OffsetTable() : slots_(1 << 12) {}

  /// The number kept for `offset`; kNone is there if it is new.
  std::uint32_t& at(std::uint32_t offset) {
    if (used_ * 2 >= slots_.size()) grow();
    auto& slot = find(offset);
    if (slot.number == kNone) {
      slot.offset = offset;
      ++used_;
    }
    return slot.number;
  }

 private:
  struct Slot {
    std::uint32_t offset = 0;
    std::uint32_t number = kNone;
  };

  Slot& find(std::uint32_t offset) {
    const auto mask = slots_.size() - 1;
    for (auto i = offset * std::uint64_t{0x9e3779b97f4a7c15} >> 32;; ++i) {
      auto& slot = slots_[i & mask];
      if (slot.number == kNone || slot.offset == offset) return slot;
    }
  }

  void grow() {
    std::vector<Slot> old(slots_.size() * 2);
    old.swap(slots_);
    for (const auto& slot : old) {
      if (slot.number != kNone) find(slot.offset) = slot;
    }
  }

  std::vector<Slot> slots_;
  std::size_t used_ = 0;
};

class Walk {
 public:
  explicit Walk(const SearchTree& tree) : tree_(tree) {
    if (tree.ip_version == 6) v4_root_ = find_v4_root();
  }

  Result<Layer> run() {
    layer_.v4 = {};
    layer_.v6 = {};
    const bool whole = tree_.ip_version == 4 ? visit<std::uint32_t>(0, 0, 0, layer_.v4)
                                             : visit<U128>(0, 0, 0, layer_.v6);
    if (!whole) return Error(problem_);
    if (layer_.v4.size() == 0) layer_.v4.append(0, 0);
    if (layer_.v6.size() == 0) layer_.v6.append(0, 0);
    layer_.subdivisions = names_.subdivisions();
    return std::move(layer_);
  }

 private:
  std::uint32_t octets(std::size_t at, int n) const {
    std::uint32_t value = 0;
    for (int i = 0; i < n; ++i) value = value << 8 | tree_.nodes[at + static_cast<std::size_t>(i)];
    return value;
  }

  /// What stands in the left or right half of a node that exists.
  std::uint32_t child(std::uint32_t node, int right) const {
    if (tree_.record_bits == 24)
      return octets(std::size_t{node} * 6 + static_cast<std::size_t>(right) * 3, 3);
    if (tree_.record_bits == 32)
      return octets(std::size_t{node} * 8 + static_cast<std::size_t>(right) * 4, 4);
    const auto at = std::size_t{node} * 7;
    const std::uint32_t middle = tree_.nodes[at + 3];
    return right == 0 ? (middle & 0xf0) << 20 | octets(at, 3)
                      : (middle & 0x0f) << 24 | octets(at + 4, 3);
  }

  /// The node for ::/96; kNone if the tree ends before.
  std::uint32_t find_v4_root() const {
    std::uint32_t node = 0;
    for (int depth = 0; depth < 96; ++depth) {
      if (node >= tree_.node_count) return kNone;
      node = child(node, 0);
    }
    return node < tree_.node_count ? node : kNone;
  }

  bool damaged(const char* problem) {
    problem_ = problem;
    return false;
  }

  /// `node` covers the addresses from `start` on, below `depth` bits of prefix.
  template <class Key>
  bool visit(std::uint32_t node, Key start, int depth, Ranges<Key>& out) {
    // A tree visits each node once: more visits mean that nodes are shared or in a ring.
    if (depth >= kKeyBits<Key> || ++visited_ > tree_.node_count)
      return damaged("has a search tree that runs in a ring");
    const auto half = static_cast<Key>(Key{1} << (kKeyBits<Key> - depth - 1));
    return follow<Key>(child(node, 0), start, depth + 1, out) &&
           follow<Key>(child(node, 1), static_cast<Key>(start + half), depth + 1, out);
  }

  template <class Key>
  bool follow(std::uint32_t value, Key start, int depth, Ranges<Key>& out) {
    if constexpr (sizeof(Key) == 16) {
      if ((depth == 96 && start == 0) || (value == v4_root_ && value < tree_.node_count))
        return follow_v4(value, start);
    }
    if (value < tree_.node_count) return visit<Key>(value, start, depth, out);
    const auto number = value == tree_.node_count ? 0 : record(value - tree_.node_count);
    out.append(start, number);
    return number != kNone;
  }

  /// ::/96 itself, or a prefix that the database sends there too (2002::/16, ::ffff:0:0/96).
  bool follow_v4(std::uint32_t value, U128 start) {
    layer_.v6.append(start, 0);  // no client comes from these addresses
    return start != 0 || follow<std::uint32_t>(value, 0, 0, layer_.v4);
  }

  /// The number of the record `beyond` the nodes; kNone if it is damaged.
  std::uint32_t record(std::uint32_t beyond) {
    if (beyond < kSeparator) {
      damaged("has a search tree that leads nowhere");
      return kNone;
    }
    const auto offset = beyond - static_cast<std::uint32_t>(kSeparator);
    auto& number = numbers_.at(offset);
    if (number != kNone) return number;
    const auto record = read_record(tree_.data, offset);
    if (!record) {
      damaged("has a damaged record");
      return kNone;
    }
    Layer::Record one{record->place(), record->asn};
    one.place.subdivision = names_.add_subdivision(record->subdivision_code());
    number = static_cast<std::uint32_t>(layer_.records.size());
    layer_.records.push_back(one);
    return number;
  }

  const SearchTree& tree_;
  Layer layer_;
  PlaceList names_;
  OffsetTable numbers_;  // offset of a record -> its number in the layer
  std::uint32_t v4_root_ = kNone;
  std::uint64_t visited_ = 0;
  const char* problem_ = "";
};

}  // namespace

Result<Layer> read_tree(const SearchTree& tree) {
  const auto node_octets = std::size_t{tree.record_bits} / 4;
  if (tree.record_bits != 24 && tree.record_bits != 28 && tree.record_bits != 32)
    return Error("has records of " + std::to_string(tree.record_bits) + " bits");
  if (tree.ip_version != 4 && tree.ip_version != 6)
    return Error("is for IP version " + std::to_string(tree.ip_version));
  if (tree.node_count == 0 || tree.nodes.size() / node_octets < tree.node_count)
    return Error("ends within its search tree");
  return Walk(tree).run();
}

}  // namespace meridian
