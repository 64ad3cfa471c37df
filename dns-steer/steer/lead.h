#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "dns-steer/steer/fleet.h"
#include "dns-steer/steer/rank.h"

namespace meridian::dns {

/// A location, and the share of some clients whose first address is there.
struct Led {
  LocationId location = 0;
  double share = 0;
};
using Lead = std::vector<Led>;  // shares make 1 together; empty: nobody answers

/// Those that a policy's clients are led by, its own and those of policies nested in it; each once.
std::vector<const PlaceTable*> tables_of(const Fleet& fleet, const Policy& policy);

/// Where a policy leads whole crowds of clients while every edge is healthy: says in shares
/// what choose() does for each of them. Pure; one thread.
class Leader {
 public:
  /// `candidates`: of one family; drained edges count where there is no other.
  Leader(const Fleet& fleet, const Policy& policy, const CandidateSet& candidates);

  /// Of clients with these rankings, one in each of tables(); `lost`: a location whose edges are
  /// all down.
  Lead lead(std::span<const std::uint32_t> rankings, std::optional<LocationId> lost = {}) const;

  /// The rankings are what clients get of whom nothing is known.
  bool is_by_name(std::span<const std::uint32_t> rankings) const;
  /// Some edge of it may answer.
  bool is_live(LocationId location) const { return live({}).contains(location); }
  std::span<const PlaceTable* const> tables() const { return tables_; }

 private:
  struct Crowd {
    std::span<const std::uint32_t> rankings;
    std::optional<LocationId> lost;
    const LocationSet& live;
  };
  /// Where edges may answer, but for `lost`: drained ones count where there is no other.
  const LocationSet& live(std::optional<LocationId> lost) const;
  /// Of the policy at a place of the tree.
  Lead ask(std::uint32_t place, const Crowd& crowd, const Restriction* outer) const;
  /// Of one of its members.
  Lead ask_member(const Branch& branch, std::size_t member, const Crowd& crowd,
                  const Restriction& restriction) const;
  Ranking ranking_of(const Policy& policy, const Crowd& crowd) const;

  const Fleet& fleet_;
  const Policy& policy_;
  std::vector<const PlaceTable*> tables_;
  LocationSet active_;  // with an edge that is not drained
  LocationSet all_;
  std::size_t active_locations_ = 0;
  LocationId only_active_ = 0;  // if there is one
};

}  // namespace meridian::dns
