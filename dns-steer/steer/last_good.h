#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <tuple>

#include "common/net/address.h"
#include "dns-steer/steer/fleet.h"

namespace meridian::dns {

class HealthTable;

/// Which edges were healthy when last enough of them were, for each site and family whose policy
/// panics to PanicMode::last_good. By names, so that it outlives a revision. A value; who builds
/// health tables keeps it from one to the next, as long as the process runs.
class LastGood {
 public:
  using Edges = std::set<std::string>;

  /// Null: not known.
  std::shared_ptr<const Edges> find(const Fleet& fleet, std::uint32_t site, Family family) const;

  /// What is known after `health`: sites that are not in panic are remembered anew, those that are
  /// stay as they were, those that `fleet` does not have are forgotten. Pure.
  LastGood after(const Fleet& fleet, const HealthTable& health) const;

 private:
  using Key = std::tuple<std::string, std::string, Family>;  // site, policy
  static Key key(const Fleet& fleet, std::uint32_t site, Family family);

  std::map<Key, std::shared_ptr<const Edges>> edges_;
};

}  // namespace meridian::dns
