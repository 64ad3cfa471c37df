#pragma once

#include <optional>
#include <span>

#include "common/net/address.h"
#include "dns-steer/query/parse.h"
#include "dns-steer/query/serving.h"
#include "dns-steer/steer/fleet.h"
#include "dns-steer/zone/prefetch.h"

namespace meridian::dns {

/// Asks memory for what answers to `parsed` (at most kMostPrefetched, each of the client at the
/// same place in `clients`) will read in tables that no cache near a core holds: see
/// zone/prefetch.h. Changes nothing but time. Pure; does not allocate; any thread.
void prefetch_answers(const Snapshot& snapshot,
                      std::span<const std::optional<ParsedMessage>> parsed,
                      std::span<const IpAddress> clients);

/// The part of steering: what will be read in Fleet::large_tables to lead `clients`.
void prefetch_places(const Fleet& fleet, std::span<const IpAddress> clients);

}  // namespace meridian::dns
