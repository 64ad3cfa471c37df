#include "dns-steer/steer/answer_sets.h"

#include <algorithm>

#include "dns-steer/steer/spread.h"

namespace meridian::dns {
namespace {

constexpr std::uint64_t kKeySeed = 0x6a09e667f3bcc909;

/// Sums are the same in any order; each part is mixed, so that they do not cancel out.
std::uint64_t key_part(std::uint64_t address_hash) { return spread_score(kKeySeed, address_hash); }

/// Adds every selection of `size` of `from`, which begins with `begun`. False: too many.
bool select(std::span<const std::uint32_t> from, std::size_t size, std::size_t most,
            AnswerSet& begun, std::vector<AnswerSet>& all) {
  if (begun.size() == size) {
    if (all.size() == most) return false;
    all.push_back(begun);
    return true;
  }
  const auto missing = size - begun.size();
  for (std::size_t i = 0; i + missing <= from.size(); ++i) {
    begun.push_back(from[i]);
    const bool done = select(from.subspan(i + 1), size, most, begun, all);
    begun.pop_back();
    if (!done) return false;
  }
  return true;
}

}  // namespace

std::optional<std::vector<AnswerSet>> answer_sets(const Fleet& fleet, std::uint32_t site,
                                                  Family family, std::size_t most) {
  const auto& policy = fleet.policies[fleet.sites[site].policy];
  const auto& candidates = fleet.candidates_of(fleet.sites[site], family).all;
  AnswerSet reachable;
  for (std::uint32_t i = 0; i < candidates.size(); ++i) {
    if (policy.reach.contains(candidates[i].location)) reachable.push_back(i);
  }
  std::vector<AnswerSet> all;
  AnswerSet begun;
  for (std::size_t size = 1; size <= std::min<std::size_t>(policy.answers, reachable.size());
       ++size) {
    if (!select(reachable, size, most, begun, all)) return {};
  }
  const auto& fixed = policy.panic_addresses[family == Family::v4 ? 0 : 1];
  if (policy.panic_mode != PanicMode::fixed || fixed.empty()) return all;
  if (all.size() == most) return {};
  auto& set = all.emplace_back();
  for (std::uint32_t i = 0; i < fixed.size() && i < policy.answers; ++i) set.push_back(kFixed + i);
  return all;
}

std::vector<const Candidate*> candidates_of(const Fleet& fleet, std::uint32_t site, Family family,
                                            const AnswerSet& set) {
  const auto& policy = fleet.policies[fleet.sites[site].policy];
  const auto& candidates = fleet.candidates_of(fleet.sites[site], family).all;
  const auto& fixed = policy.panic_addresses[family == Family::v4 ? 0 : 1];
  std::vector<const Candidate*> all;
  for (const auto number : set)
    all.push_back(number >= kFixed ? &fixed[number - kFixed] : &candidates[number]);
  return all;
}

std::uint64_t answer_set_key(std::span<const Candidate* const> addresses) {
  std::uint64_t key = 0;
  for (const auto* candidate : addresses) key += key_part(candidate->hash);
  return key;
}

}  // namespace meridian::dns
