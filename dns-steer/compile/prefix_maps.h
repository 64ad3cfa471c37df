#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "common/base/result.h"
#include "dns-steer/geo/prefix_map.h"
#include "meridian/v1/config.pb.h"

namespace meridian::dns {

/// The PrefixMaps of one revision, by name.
class PrefixMaps {
 public:
  using FindLocation = std::function<Result<LocationId>(const std::string& name)>;

  Result<void> add(const std::string& name, const v1::PrefixMap& from,
                   const FindLocation& find_location);
  /// Null for the empty name.
  Result<std::shared_ptr<const PrefixMap>> find(const std::string& name) const;

 private:
  std::map<std::string, std::shared_ptr<const PrefixMap>> maps_;
};

}  // namespace meridian::dns
