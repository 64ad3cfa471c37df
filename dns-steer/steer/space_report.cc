#include "dns-steer/steer/space_report.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <unordered_map>
#include <utility>

#include "dns-steer/steer/lead.h"
#include "dns-steer/steer/space.h"

namespace meridian::dns {
namespace {

constexpr std::size_t kMostLosses = 64;
constexpr std::size_t kMostGains = 16;
// Distances computed for all losses that nobody asked for: some seconds of work.
constexpr std::size_t kMostWork = 50'000'000;

/// How far clients are, by the kilometre.
class Distances {
 public:
  void add(double km, double weight) {
    const auto at = static_cast<std::size_t>(std::lround(km));
    if (at >= by_km_.size()) by_km_.resize(at + 1);
    by_km_[at] += weight;
    weight_ += weight;
    sum_ += km * weight;
  }
  double mean() const { return is_empty() ? 0 : sum_ / weight_; }
  double percentile(double share) const {
    if (is_empty()) return 0;
    double below = 0;
    for (std::size_t km = 0; km < by_km_.size(); ++km) {
      below += by_km_[km];
      if (below >= weight_ * share * (1 - 1e-9)) return static_cast<double>(km);
    }
    return static_cast<double>(by_km_.size() - 1);
  }

 private:
  bool is_empty() const { return weight_ <= 0; }
  std::vector<double> by_km_;
  double weight_ = 0;
  double sum_ = 0;
};

template <class Report>
void set_distances(const Distances& distances, Report& report) {
  report.set_mean_km(distances.mean());
  report.set_p95_km(distances.percentile(0.95));
}

class SpaceReporter {
 public:
  SpaceReporter(const Fleet& fleet, const Policy& policy, const CandidateSet& candidates,
                Family family, const World& world)
      : fleet_(fleet),
        world_(world),
        leader_(fleet, policy, candidates),
        space_(space_of(world, leader_.tables(), family)),
        cells_of_(fleet.locations.size()) {
    report_.set_ip_version(family == Family::v4 ? 4 : 6);
    for (std::uint32_t route = 0; route < space_.routes(); ++route)
      leads_.push_back(leader_.lead(space_.rankings_of(route)));
  }

  v1::SpaceReport report(std::span<const LocationId> lost) && {
    find_known();
    tell_locations();
    if (!lost.empty()) {
      for (const auto location : lost) tell_loss(location);
    } else {
      for (const auto location : most_used()) tell_loss(location);
    }
    return std::move(report_);
  }

 private:
  const Place& place(const Cell& cell) const { return world_.places.places()[cell.place]; }

  /// Leaves in space_ those cells of which anything is known.
  void find_known() {
    double unknown = 0;
    std::erase_if(space_.cells, [&](const Cell& cell) {
      if (place(cell).is_known() || !leader_.is_by_name(space_.rankings_of(cell.route)))
        return false;
      unknown += cell.weight;
      if (!leads_[cell.route].empty())
        report_.set_unknown_location(fleet_.locations[leads_[cell.route][0].location].name);
      return true;
    });
    report_.set_unknown_share(space_.weight == 0 ? 0 : unknown / space_.weight);
    known_ = space_.weight - unknown;
  }

  double share(double weight) const { return known_ <= 0 ? 0 : weight / known_; }

  void count(const Cell& cell, LocationId location, double weight, Distances& distances) const {
    if (const auto& at = place(cell).coordinates)
      distances.add(distance_km(*at, fleet_.locations[location].coordinates), weight);
  }

  void tell_locations() {
    for (std::uint32_t i = 0; i < space_.cells.size(); ++i) {
      const auto& cell = space_.cells[i];
      if (leads_[cell.route].empty()) nowhere_ += cell.weight;
      for (const auto& lead : leads_[cell.route]) {
        cells_of_[lead.location].push_back({i, lead.share * cell.weight});
        count(cell, lead.location, lead.share * cell.weight, all_);
      }
    }
    std::vector<v1::LocationShare> shares;
    for (std::uint32_t i = 0; i < cells_of_.size(); ++i) {
      const auto location = static_cast<LocationId>(i);
      if (!leader_.is_live(location)) continue;
      Distances distances;
      double weight = 0;
      for (const auto& part : cells_of_[i]) {
        weight += part.weight;
        count(space_.cells[part.cell], location, part.weight, distances);
      }
      shares.push_back(location_share(location, weight, distances));
    }
    std::stable_sort(shares.begin(), shares.end(),
                     [](const auto& a, const auto& b) { return a.share() > b.share(); });
    for (auto& one : shares) *report_.add_locations() = std::move(one);
    report_.set_nowhere_share(share(nowhere_));
    set_distances(all_, report_);
  }

  v1::LocationShare location_share(LocationId location, double weight,
                                   const Distances& distances) const {
    v1::LocationShare one;
    one.set_location(fleet_.locations[location].name);
    one.set_share(share(weight));
    set_distances(distances, one);
    return one;
  }

  /// In the order of their shares; as many as can be looked at.
  std::vector<LocationId> most_used() const {
    std::vector<LocationId> all;
    for (std::uint32_t i = 0; i < cells_of_.size(); ++i)
      if (!cells_of_[i].empty()) all.push_back(static_cast<LocationId>(i));
    const auto weight = [&](LocationId location) {
      double sum = 0;
      for (const auto& part : cells_of_[location]) sum += part.weight;
      return sum;
    };
    std::map<LocationId, double> weights;
    for (const auto location : all) weights[location] = weight(location);
    std::stable_sort(all.begin(), all.end(),
                     [&](LocationId a, LocationId b) { return weights[a] > weights[b]; });
    std::size_t work = 0;
    std::size_t affordable = 0;
    for (; affordable < std::min(all.size(), kMostLosses) && work < kMostWork; ++affordable) {
      for (const auto& part : cells_of_[all[affordable]])
        work += 2 * leads_[space_.cells[part.cell].route].size();
    }
    all.resize(affordable);
    return all;
  }

  void tell_loss(LocationId lost) {
    auto& loss = *report_.add_losses();
    loss.set_location(fleet_.locations[lost].name);
    std::unordered_map<std::uint32_t, Lead> known;  // by route
    std::map<LocationId, double> gained;
    auto all = all_;
    double nowhere = nowhere_;
    double moved = 0;
    for (const auto& part : cells_of_[lost]) {
      const auto& cell = space_.cells[part.cell];
      moved += part.weight;
      const auto [after, added] = known.try_emplace(cell.route);
      if (added) after->second = leader_.lead(space_.rankings_of(cell.route), lost);
      for (const auto& lead : leads_[cell.route])
        count(cell, lead.location, -lead.share * cell.weight, all);
      if (after->second.empty()) nowhere += cell.weight;
      for (const auto& lead : after->second) {
        count(cell, lead.location, lead.share * cell.weight, all);
        gained[lead.location] += gain(cell, lead) * cell.weight;
      }
    }
    loss.set_moved_share(share(moved));
    loss.set_nowhere_share(share(nowhere));
    set_distances(all, loss);
    tell_gains(lost, known, gained, loss);
  }

  /// What a location has of a cell that it did not have before.
  double gain(const Cell& cell, const Led& after) const {
    for (const auto& before : leads_[cell.route])
      if (before.location == after.location) return std::max(0.0, after.share - before.share);
    return after.share;
  }

  void tell_gains(LocationId lost, const std::unordered_map<std::uint32_t, Lead>& leads,
                  const std::map<LocationId, double>& gained, v1::LossReport& loss) const {
    std::vector<std::pair<double, LocationId>> most;
    for (const auto& [location, weight] : gained)
      if (weight > 0) most.emplace_back(-weight, location);
    std::sort(most.begin(), most.end());
    if (most.size() > kMostGains) most.resize(kMostGains);
    std::map<LocationId, Distances> distances;
    for (const auto& one : most) distances[one.second];
    for (const auto& part : cells_of_[lost]) {
      const auto& cell = space_.cells[part.cell];
      for (const auto& lead : leads.at(cell.route)) {
        const auto wanted = distances.find(lead.location);
        if (wanted != distances.end())
          count(cell, lead.location, gain(cell, lead) * cell.weight, wanted->second);
      }
    }
    for (const auto& [weight, location] : most)
      *loss.add_gains() = location_share(location, -weight, distances[location]);
  }

  struct Part {
    std::uint32_t cell;  // into space_.cells
    double weight;       // of it
  };

  const Fleet& fleet_;
  const World& world_;
  const Leader leader_;
  Space space_;
  std::vector<Lead> leads_;                  // by route
  std::vector<std::vector<Part>> cells_of_;  // by location
  Distances all_;
  double known_ = 0;
  double nowhere_ = 0;
  v1::SpaceReport report_;
};

}  // namespace

v1::SpaceReport report_space(const Fleet& fleet, const Policy& policy,
                             const CandidateSet& candidates, Family family, const World& world,
                             std::span<const LocationId> lost) {
  return SpaceReporter(fleet, policy, candidates, family, world).report(lost);
}

}  // namespace meridian::dns
