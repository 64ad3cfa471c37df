#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "common/base/result.h"
#include "dns-steer/dnssec/zone_signer.h"
#include "dns-steer/zone/zone_data.h"
#include "meridian/v1/distribution.pb.h"

namespace meridian::dns {

using ZoneSignerPtr = std::shared_ptr<const ZoneSigner>;
/// By the name of the Zone resource.
using ZoneSigners = std::map<std::string, ZoneSignerPtr>;

/// Those of all zones that are to be signed. The Error names a zone whose keys are missing or
/// cannot be used.
Result<ZoneSigners> load_signers(const v1::Snapshot& from,
                                 const std::vector<v1::Resource>& resources);

/// The same by the number of the zone; null where it is not signed.
std::vector<ZoneSignerPtr> signers_by_number(const ZoneData& data, const ZoneSigners& signers);

}  // namespace meridian::dns
