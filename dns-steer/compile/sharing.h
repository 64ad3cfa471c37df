#pragma once

#include <vector>

#include "common/base/result.h"
#include "dns-steer/transfer/sharing.h"
#include "dns-steer/zone/build.h"
#include "meridian/v1/config.pb.h"

namespace meridian::dns {

/// Keys, and for each of `zones` in `data` who may have it and who is told of it. Pure.
Result<Sharing> compile_sharing(const std::vector<v1::Resource>& resources,
                                const std::vector<ZoneSource>& zones, const ZoneData& data);

}  // namespace meridian::dns
