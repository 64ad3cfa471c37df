#pragma once

#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "common/base/result.h"
#include "dns-steer/geo/moved.h"
#include "dns-steer/geo/place_table.h"
#include "geoip-data/database/database.h"
#include "geoip-data/database/database_store.h"

namespace meridian::dns {

/// The place that the first database that knows one holds for `client`, and the autonomous system
/// likewise.
std::optional<GeoDatabase::Entry> find_place(const DatabaseSet& databases, const IpAddress& client);

/// Makes tables of databases, and keeps those in use: a revision that changes neither locations
/// nor rules costs nothing here. Any thread; tables() one at a time.
class Geography {
 public:
  /// Where `databases` has a directory, tables are kept there, so that a restart finds them.
  explicit Geography(DatabaseSet databases);

  /// A table for each rule, in that order; equal rules share one. Takes a second or two when
  /// locations or rules are new.
  Result<std::vector<std::shared_ptr<const PlaceTable>>> tables(
      const std::vector<geo::Coordinates>& locations, const std::vector<RankingRule>& rules);

  /// What the databases in use say about all addresses; for reports. Takes a second.
  Result<World> read() const;
  std::shared_ptr<const DatabaseSet> databases() const;

  using Tables = std::map<std::string, std::shared_ptr<const PlaceTable>>;  // by what they are of
  /// Other databases, ready to be put into use.
  struct Change {
    std::shared_ptr<const DatabaseSet> databases;
    Tables tables;
    MovedShare moved;  // of the table that moves most
  };
  /// Reads `databases` whole and compiles what is in use now of them. Seconds; disturbs nobody.
  Result<Change> prepare(DatabaseSet databases) const;
  /// From now on tables() and read() are of these databases.
  void commit(Change change);

 private:
  /// What one table is of, besides the databases.
  struct Input {
    std::vector<geo::Coordinates> locations;
    RankingRule rule;
  };
  void keep_on_disk(const DatabaseSet& databases, const Tables& tables);

  mutable std::mutex mutex_;  // guards what follows
  std::shared_ptr<const DatabaseSet> databases_;
  Tables tables_;
  std::map<std::string, Input> inputs_;  // of tables_
  std::future<void> keeping_;
};

}  // namespace meridian::dns
