#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/base/time.h"
#include "dns-steer/steer/fleet.h"
#include "dns-steer/steer/health.h"
#include "dns-steer/steer/load.h"
#include "dns-steer/steer/shed.h"

namespace meridian::dns {

/// How full edges are, by name; 1 is full. Whom it does not name: not known.
using Utilisations = std::map<std::string, double>;

/// The load of one location, of those of its edges that may take clients.
struct LocationLoad {
  bool serving = false;               // it has such edges
  double capacity = 0;                // part of the capacity of all edges; 0: not known
  double whole = 0;                   // the same, if all of its edges could take clients
  std::optional<double> utilisation;  // none: not known

  friend bool operator==(const LocationLoad&, const LocationLoad&) = default;
};

/// By location. Pure.
std::vector<LocationLoad> load_of_locations(const Fleet& fleet, const HealthView& health,
                                            const Utilisations& edges);

/// From measure to measure: which share of its clients each location keeps, and who takes the
/// clients of one that is lost. By names, so that it outlives a revision. All nodes are told the
/// same, so all come to the same; one that has just started comes to it step by step. Pure; one
/// thread at a time.
class LoadState {
 public:
  /// More losses at a time than this are left to what is measured afterwards.
  static constexpr std::size_t kMostLosses = 16;

  /// Edges said how full they are.
  void measure(const Fleet& fleet, const HealthView& health, const Utilisations& edges,
               Instant now);
  /// The fleet or its health is another; what was measured stands. Without news of load nobody is
  /// led back or away: a node that lost its controller goes on as it was.
  void review(const Fleet& fleet, const HealthView& health, Instant now);

  LoadTable table(const Fleet& fleet) const;

 private:
  struct Loss {
    std::string location;
    Instant since;
    double load = 0;                      // of the lost location, in the unit of capacities
    std::map<std::string, double> takes;  // by location, in the same unit
  };
  /// What is kept for one rule.
  struct Course {
    std::map<std::string, Shed> sheds;  // by location
    std::vector<Loss> losses;           // the newest first
  };

  bool knows_capacity() const;
  double mark(const SpillRule& rule) const;
  Course most_alike(const SpillRule& rule) const;
  void see(const Fleet& fleet, std::vector<LocationLoad> now_loads, Instant now);
  void plan_loss(const Fleet& fleet, const SpillRule& rule, Course& course, LocationId lost,
                 double capacity, Instant now);
  LoadPlan plan(const Fleet& fleet, const Course& course) const;

  Utilisations edges_;
  std::vector<LocationLoad> loads_;       // of the fleet that was seen last
  std::map<std::string, double> intact_;  // by location: the part of it that served
  std::map<SpillRule, Course> courses_;
  std::optional<Instant> measured_;
};

}  // namespace meridian::dns
