#pragma once

#include <cstddef>
#include <span>

#include "dns-steer/zone/name.h"
#include "dns-steer/zone/zone_data.h"

namespace meridian::dns {

/// The most messages of one prefetch().
inline constexpr std::size_t kMostPrefetched = 64;

/// True: `data` is so large that most queries for its names wait for memory, so that prefetch()
/// pays.
bool is_worth_prefetching(const ZoneData& data);

/// Asks memory for what answers to `messages` (queries, not yet checked; at most kMostPrefetched)
/// will read: one step of all lookups after the other, so that their waits overlap (group
/// prefetching, Chen et al., "Improving Hash Join Performance through Prefetching", 2004). Changes
/// nothing but time. Pure; does not allocate; any thread.
void prefetch(const ZoneData& data, std::span<const Bytes> messages);

}  // namespace meridian::dns
