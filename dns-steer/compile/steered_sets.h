#pragma once

#include <cstdint>
#include <vector>

#include "dns-steer/dnssec/signatures.h"
#include "dns-steer/query/serving.h"

namespace meridian::dns {

/// Where a steered name has more possible answers of a type, they are signed when they are given.
inline constexpr std::size_t kMostSteeredSets = 256;

/// What the steered names of zone number `zone` may answer (steer/answer_sets.h). HTTPS records,
/// whose hints stand in an order, only where an answer has one address. Pure.
std::vector<SteeredSet> steered_sets(const Snapshot& snapshot, std::uint32_t zone);

}  // namespace meridian::dns
