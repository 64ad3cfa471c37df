#pragma once

#include <bit>
#include <cstdint>
#include <span>
#include <vector>

#include "dns-steer/steer/fleet.h"

namespace meridian::dns {

/// Some of a CandidateSet, by location. Small however many locations there are, and made in one
/// pass. Immutable once built; any thread.
class LiveCandidates {
 public:
  LiveCandidates() = default;
  /// Those of `from` in `reach` for which `may` is true.
  template <class May>
  LiveCandidates(const CandidateSet& from, const LocationSet& reach, May may) {
    words_.resize(reach.words().size());
    LocationId last = 0;
    for (std::uint32_t i = 0; i < from.all.size(); ++i) {
      const auto& candidate = from.all[i];
      if (!reach.contains(candidate.location) || !may(candidate)) continue;
      if (all_.empty() || candidate.location != last) {
        first_.push_back(static_cast<std::uint32_t>(all_.size()));
        locations_.push_back(candidate.location);
        words_[candidate.location / 64].bits |= std::uint64_t{1} << candidate.location % 64;
      }
      last = candidate.location;
      all_.push_back(i);
    }
    first_.push_back(static_cast<std::uint32_t>(all_.size()));
    std::uint32_t before = 0;
    for (auto& word : words_) {
      word.before = before;
      before += static_cast<std::uint32_t>(std::popcount(word.bits));
    }
  }

  bool contains(LocationId location) const {
    return (words_[location / 64].bits >> location % 64 & 1) != 0;
  }
  /// Numbers in CandidateSet::all; none where the location is not contained.
  std::span<const std::uint32_t> at(LocationId location) const {
    if (!contains(location)) return {};
    const auto& word = words_[location / 64];
    const auto below = word.bits & ((std::uint64_t{1} << location % 64) - 1);
    const auto place = word.before + static_cast<std::uint32_t>(std::popcount(below));
    return std::span(all_).subspan(first_[place], first_[place + 1] - first_[place]);
  }
  /// Ascending.
  std::span<const LocationId> locations() const { return locations_; }
  std::span<const std::uint32_t> all() const { return all_; }

 private:
  struct Word {
    std::uint64_t bits = 0;
    std::uint32_t before = 0;  // bits set in the words before
  };
  std::vector<Word> words_;
  std::vector<std::uint32_t> first_;  // one a location that is contained, and the end
  std::vector<LocationId> locations_;
  std::vector<std::uint32_t> all_;
};

}  // namespace meridian::dns
