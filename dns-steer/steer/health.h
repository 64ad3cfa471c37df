#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "dns-steer/steer/fleet.h"
#include "dns-steer/steer/last_good.h"
#include "dns-steer/steer/live.h"
#include "dns-steer/steer/panic.h"

namespace meridian::dns {

/// What is believed of edges, by name. Whom it does not name counts as up: a node that has just
/// started must not empty its answers.
struct HealthView {
  struct EdgeState {
    bool up = true;
    std::string reason;
    std::set<std::string> unserviceable_sites;
  };
  std::map<std::string, EdgeState> edges;
  bool verdicts_fresh = false;  // the controller's; otherwise own probes

  friend bool operator==(const HealthView&, const HealthView&) = default;
};
bool operator==(const HealthView::EdgeState& a, const HealthView::EdgeState& b);

/// Those members of a policy that have somebody who may answer.
struct BranchHealth {
  bool live = false;
  /// Positions in Policy::members; where a policy names none, locations. Nothing for
  /// Method::proximity, which has its order from the table of places.
  std::vector<std::uint32_t> members;
  std::vector<std::uint64_t> weights;  // of `members`, summed up so far; Method::weighted only
  std::vector<std::uint32_t> spare;    // those of weight 0
};

/// Who may answer for a site in one family, ready for the chain.
struct FamilyHealth {
  Eligible eligible = Eligible::nobody;
  Counts counts;
  LiveCandidates candidates;
  std::vector<BranchHealth> branches;  // as Policy::tree
};

/// HealthView laid out for one Fleet. Small: made anew whenever health changes, in milliseconds;
/// sites that are alike share what is found. Immutable; any thread.
class HealthTable {
 public:
  HealthTable() = default;
  /// `last_good`: as it was before `view`.
  HealthTable(const Fleet& fleet, const HealthView& view, const LastGood& last_good = {});

  const FamilyHealth& of(std::uint32_t site, Family family) const {
    return states_[sites_[site].state].families[family == Family::v4 ? 0 : 1];
  }
  /// The same as if every edge were healthy: for clients that overrides leave nobody else. Null
  /// where no override of the site's policy takes locations away.
  const FamilyHealth* everybody(std::uint32_t site, Family family) const {
    const auto& all = states_[sites_[site].state].everybody;
    return all.empty() ? nullptr : &all[family == Family::v4 ? 0 : 1];
  }
  Eligible eligible(std::uint32_t site, Family family) const { return of(site, family).eligible; }
  /// The edge is up, and able to serve the site.
  bool serves(std::uint32_t edge, std::uint32_t site) const {
    return up_[edge] != 0 && is_able(edge, unable_[sites_[site].unable]);
  }
  bool is_up(std::uint32_t edge) const { return up_[edge] != 0; }
  /// For a person; empty if nothing was said.
  const std::string& reason(std::uint32_t edge) const { return reasons_[edge]; }
  bool verdicts_fresh() const { return verdicts_fresh_; }

 private:
  using Edges = std::vector<std::uint32_t>;  // ascending
  /// What sites share that have candidates, policy, and edges that cannot serve them in common.
  struct State {
    std::array<FamilyHealth, 2> families;  // IPv4, IPv6
    std::vector<FamilyHealth> everybody;   // as above, or empty
  };
  struct SiteHealth {
    std::uint32_t state = 0;
    std::uint32_t unable = 0;  // into unable_
  };
  static bool is_able(std::uint32_t edge, const Edges& unable) {
    return unable.empty() || !std::binary_search(unable.begin(), unable.end(), edge);
  }
  void read(const Fleet& fleet, const HealthView& view);
  FamilyHealth decide(const Fleet& fleet, std::uint32_t site, Family family,
                      const LastGood::Edges* last_good) const;

  std::vector<std::uint8_t> up_;  // by edge
  std::vector<std::string> reasons_;
  std::vector<Edges> unable_;  // sets of edges, the first one empty
  std::vector<SiteHealth> sites_;
  std::vector<State> states_;
  bool verdicts_fresh_ = false;
};

}  // namespace meridian::dns
