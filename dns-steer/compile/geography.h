#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/base/result.h"
#include "dns-steer/geo/database.h"
#include "dns-steer/geo/place_table.h"

namespace meridian::dns {

/// Makes tables of databases, and keeps those in use: a revision that changes neither locations
/// nor overrides costs nothing here. One thread at a time, except for find().
class Geography {
 public:
  explicit Geography(std::vector<GeoDatabase> databases) : databases_(std::move(databases)) {}

  /// A table for each rule, in that order; equal rules share one. Takes seconds when locations or
  /// rules are new.
  Result<std::vector<std::shared_ptr<const PlaceTable>>> tables(
      const std::vector<geo::Coordinates>& locations, const std::vector<RankingRule>& rules);

  /// The place that the first database that knows one holds for `client`, and the autonomous
  /// system likewise. Any thread.
  std::optional<GeoDatabase::Entry> find(const IpAddress& client) const;

 private:
  std::vector<GeoDatabase> databases_;
  std::map<std::string, std::shared_ptr<const PlaceTable>> tables_;  // by what they were made of
};

}  // namespace meridian::dns
