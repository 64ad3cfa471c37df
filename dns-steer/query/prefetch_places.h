#pragma once

#include <cstddef>
#include <span>

#include "common/net/address.h"
#include "dns-steer/steer/fleet.h"
#include "dns-steer/zone/prefetch.h"

namespace meridian::dns {

/// A message and whom it came from.
struct Arrived {
  Bytes message;
  IpAddress from;
};

/// Asks memory for what steering will read in Fleet::large_tables to answer `arrived` (not yet
/// checked; at most kMostPrefetched), all lookups side by side: see zone/prefetch.h. Changes
/// nothing but time. Pure; does not allocate; any thread.
void prefetch_places(const Fleet& fleet, std::span<const Arrived> arrived);

}  // namespace meridian::dns
