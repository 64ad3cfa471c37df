#include "dns-steer/zone/prefetch.h"

#include <array>
#include <cassert>

#include "common/base/prefetch.h"

namespace meridian::dns {
namespace {

// What fits into the caches near a core is not waited for.
constexpr std::size_t kFittingNodes = 10'000;

/// A lookup on its way.
struct Ahead {
  std::uint64_t name = 0;      // hash of the name
  std::uint64_t parent = 0;    // of the name without its first label
  std::uint32_t node = kNone;  // probably
  std::uint32_t record = kNone;
  bool exists = false;  // `node` is the name's own, not its parent's
};

class Lookups {
 public:
  Lookups(const ZoneData& data, std::span<const NameAhead> names) : data_(data) {
    for (const auto& [name, parent] : names) {
      all_[count_++] = {.name = name, .parent = parent};
      data_.names.prefetch(name);
    }
  }

  void find_names() {
    for (auto& one : lookups()) {
      one.node = data_.names.guess(one.name);
      one.exists = one.node != kNone;
      if (one.exists) {
        prefetch_memory(data_.nodes[one.node]);
      } else {
        data_.names.prefetch(one.parent);
        data_.zone_table.prefetch(one.parent);
      }
    }
  }

  void find_parents() {
    for (auto& one : lookups()) {
      if (one.exists) continue;
      one.node = data_.names.guess(one.parent);
      if (one.node != kNone) prefetch_memory(data_.nodes[one.node]);
    }
  }

  void find_sets() {
    for (const auto& one : lookups()) {
      if (one.node == kNone) continue;
      const auto& node = data_.nodes[one.node];
      prefetch_memory(&data_.octets[node.name_offset], node.name_size);
      if (!one.exists)
        prefetch_memory(data_.zones[node.zone]);
      else if (node.sets > 0)
        prefetch_memory(data_.sets[node.first_set]);
    }
  }

  void find_records() {
    for (auto& one : lookups()) {
      if (one.node == kNone) continue;
      const auto& node = data_.nodes[one.node];
      if (!one.exists)
        one.record = data_.zones[node.zone].first_record;
      else if (node.sets > 0)
        one.record = data_.sets[node.first_set].first_record;
      if (one.record != kNone) prefetch_memory(data_.records[one.record]);
    }
  }

  void find_octets() {
    for (const auto& one : lookups()) {
      if (one.record == kNone) continue;
      const auto& record = data_.records[one.record];
      prefetch_memory(&data_.octets[record.offset], record.size);
    }
  }

 private:
  std::span<Ahead> lookups() { return std::span(all_).first(count_); }

  const ZoneData& data_;
  std::array<Ahead, kMostPrefetched> all_;
  std::size_t count_ = 0;
};

}  // namespace

bool is_worth_prefetching(const ZoneData& data) { return data.nodes.size() > kFittingNodes; }

void prefetch(const ZoneData& data, std::span<const NameAhead> names) {
  assert(names.size() <= kMostPrefetched);
  Lookups lookups(data, names);
  lookups.find_names();
  lookups.find_parents();
  lookups.find_sets();
  lookups.find_records();
  lookups.find_octets();
}

}  // namespace meridian::dns
