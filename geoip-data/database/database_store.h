#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "common/base/result.h"
#include "geoip-data/database/database.h"

namespace meridian {

/// Databases in use: all are copies that belong to this node alone.
struct DatabaseSet {
  std::vector<GeoDatabase> databases;
  std::filesystem::path directory;  // where the copies are; compiled tables may be kept there
  std::string identity;             // equal for equal contents; empty: there are no databases
  std::string signature;            // of the files that were copied
};

/// The operator's database files, and copies of them under the node's own directory. Only copies
/// are mapped into memory: whatever happens to the operator's files, written into, shortened,
/// gone, nothing that serves is touched, and a restart has the last good ones. One thread.
class DatabaseStore {
 public:
  /// `sources`: files, or directories of them. `directory` is created when it is needed.
  DatabaseStore(std::vector<std::filesystem::path> sources, std::filesystem::path directory);

  /// Names, sizes, times of the sources: equal while nobody touches them.
  Result<std::string> signature() const;

  /// The set that was last kept, if it was made of these sources. Without sources, an empty set.
  Result<DatabaseSet> open_kept() const;

  /// Copies the sources and opens the copies. An Error if a source is no database, or changes
  /// while it is read.
  Result<DatabaseSet> copy() const;

  /// From now on and after a restart this is the set in use. Others are deleted.
  Result<void> keep(const DatabaseSet& set) const;

 private:
  Result<std::vector<std::filesystem::path>> files() const;
  Result<DatabaseSet> open(const std::filesystem::path& directory) const;

  std::vector<std::filesystem::path> sources_;
  std::filesystem::path directory_;
};

/// What opens when a node starts: the kept set, or a first copy, which is then kept.
Result<DatabaseSet> open_or_copy(const DatabaseStore& store);

}  // namespace meridian
