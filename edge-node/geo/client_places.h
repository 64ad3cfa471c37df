#pragma once

#include <utility>

#include "common/net/address.h"
#include "edge-node/rules/match.h"
#include "geoip-data/database/database_store.h"

namespace meridian::edge {

/// Databases that tell where clients are. Immutable; any thread.
class ClientPlaces {
 public:
  explicit ClientPlaces(DatabaseSet set) : set_(std::move(set)) {}

  /// Where the first database that knows a country, or an autonomous system, has the client. No
  /// memory is taken; a microsecond for each database.
  ClientPlace find(const IpAddress& client) const;
  bool is_empty() const { return set_.databases.empty(); }
  const DatabaseSet& databases() const { return set_; }

 private:
  DatabaseSet set_;
};

}  // namespace meridian::edge
