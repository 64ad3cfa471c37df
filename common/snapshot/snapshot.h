#pragma once

#include <string>
#include <vector>

#include "common/base/hash.h"
#include "common/base/result.h"
#include "meridian/v1/config.pb.h"
#include "meridian/v1/distribution.pb.h"

namespace meridian {

/// The hash that distribution.proto defines at Snapshot.resources. Pure; any thread.
Sha256 snapshot_hash(const v1::Snapshot& snapshot);

/// The resources of `snapshot`, in its order. An entry that does not parse is an Error that says
/// which one.
Result<std::vector<v1::Resource>> unpack_resources(const v1::Snapshot& snapshot);

/// Appends `resource` in the packed form.
void pack_resource(const v1::Resource& resource, v1::Snapshot& snapshot);

}  // namespace meridian
