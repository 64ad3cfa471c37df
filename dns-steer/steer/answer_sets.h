#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "common/net/address.h"
#include "dns-steer/steer/fleet.h"

namespace meridian::dns {

/// Addresses that stand in one answer together, whatever their order; numbers in the site's
/// CandidateSet::all, or, from kFixed on, in Policy::panic_addresses of the family.
using AnswerSet = std::vector<std::uint32_t>;
inline constexpr std::uint32_t kFixed = 0x80000000;

/// All sets of addresses that choose() can give for `site`, whatever health, load and chance say:
/// each address alone where Policy::answers is 1, else every selection of up to so many. Nothing
/// where there are more than `most`: then sets have to be met one by one. Pure; off the data path.
std::optional<std::vector<AnswerSet>> answer_sets(const Fleet& fleet, std::uint32_t site,
                                                  Family family, std::size_t most);

/// Who a set's numbers are; of `fleet`, or of the policy's panic addresses.
std::vector<const Candidate*> candidates_of(const Fleet& fleet, std::uint32_t site, Family family,
                                            const AnswerSet& set);

/// The same for the same addresses in any order, and different for others but for a chance of
/// 2^-64: finds on the data path what was made ahead for a set. Does not allocate.
std::uint64_t answer_set_key(std::span<const Candidate* const> addresses);

}  // namespace meridian::dns
