#pragma once

#include <map>
#include <string>
#include <utility>

#include "meridian/v1/admin.pb.h"
#include "meridian/v1/config.pb.h"

namespace meridian::control {

/// Orders as snapshots do: kind, then name.
using ResourceId = std::pair<v1::Kind, std::string>;
/// KIND_UNSPECIFIED where `resource` has no spec.
ResourceId id_of(const v1::Resource& resource);

/// All resources of one revision. A value; pure.
class Configuration {
 public:
  const std::map<ResourceId, v1::Resource>& resources() const { return resources_; }
  /// Null if there is none.
  const v1::Resource* find(v1::Kind kind, const std::string& name) const;

  void upsert(v1::Resource resource);
  /// False: there was none.
  bool erase(const ResourceId& id);

 private:
  std::map<ResourceId, v1::Resource> resources_;
};

}  // namespace meridian::control
