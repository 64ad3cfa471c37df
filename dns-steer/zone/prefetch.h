#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "dns-steer/zone/name.h"
#include "dns-steer/zone/zone_data.h"

namespace meridian::dns {

/// The most lookups of one prefetch().
inline constexpr std::size_t kMostPrefetched = 64;

/// True: `data` is so large that most queries for its names wait for memory, so that prefetch()
/// pays.
bool is_worth_prefetching(const ZoneData& data);

/// A name to be looked up.
struct NameAhead {
  std::uint64_t name = 0;    // its hash
  std::uint64_t parent = 0;  // of the name without its first label

  static NameAhead of(const LookupName& name) {
    return {name.hash(0), name.hash(name.labels() > 0 ? 1 : 0)};
  }
};

/// Asks memory for what answers to queries for `names` (at most kMostPrefetched) will read: one
/// step of all lookups after the other, so that their waits overlap (group prefetching, Chen et
/// al., "Improving Hash Join Performance through Prefetching", 2004). Changes nothing but time.
/// Pure; does not allocate; any thread.
void prefetch(const ZoneData& data, std::span<const NameAhead> names);

}  // namespace meridian::dns
