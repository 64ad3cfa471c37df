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

/// Which of a site's candidates may answer.
enum class Eligible : std::uint8_t {
  healthy,          // the rule
  healthy_drained,  // no other is healthy
  all,              // panic: as if all were healthy
  all_drained,      // panic, and all are drained
  nobody,
};

/// HealthView laid out for one Fleet. Small: made anew whenever health changes. Immutable; any
/// thread.
class HealthTable {
 public:
  HealthTable() = default;
  HealthTable(const Fleet& fleet, const HealthView& view);

  Eligible eligible(std::uint32_t site, Family family) const {
    return sites_[site].eligible[family == Family::v4 ? 0 : 1];
  }
  /// Whether `candidate` may answer for `site`, where `rule` is what eligible() said.
  bool may_answer(const Candidate& candidate, std::uint32_t site, Eligible rule) const {
    switch (rule) {
      case Eligible::healthy:
        return !candidate.drained && serves(candidate.edge, site);
      case Eligible::healthy_drained:
        return serves(candidate.edge, site);
      case Eligible::all:
        return !candidate.drained;
      case Eligible::all_drained:
        return true;
      case Eligible::nobody:
        return false;
    }
    return false;
  }
  /// The edge is up, and able to serve the site.
  bool serves(std::uint32_t edge, std::uint32_t site) const {
    if (up_[edge] == 0) return false;
    const auto unable = unable_at(site);
    return unable.empty() || std::find(unable.begin(), unable.end(), edge) == unable.end();
  }
  bool is_up(std::uint32_t edge) const { return up_[edge] != 0; }
  /// For a person; empty if nothing was said.
  const std::string& reason(std::uint32_t edge) const { return reasons_[edge]; }
  bool verdicts_fresh() const { return verdicts_fresh_; }

 private:
  struct SiteHealth {
    std::array<Eligible, 2> eligible{};  // IPv4, IPv6
    std::uint32_t first_unable = 0;
    std::uint32_t unable = 0;
  };
  std::span<const std::uint32_t> unable_at(std::uint32_t site) const {
    return std::span(unable_).subspan(sites_[site].first_unable, sites_[site].unable);
  }
  Eligible decide(const Fleet& fleet, std::uint32_t site, Family family) const;

  std::vector<std::uint8_t> up_;  // by edge
  std::vector<std::string> reasons_;
  std::vector<SiteHealth> sites_;
  std::vector<std::uint32_t> unable_;  // edges, site after site
  bool verdicts_fresh_ = false;
};

}  // namespace meridian::dns
