#pragma once

#include <vector>

#include "common/base/result.h"
#include "common/zone/contents.h"

namespace meridian::control {

/// From one serial of a zone to a later one, SOAs left out.
struct ZoneStep {
  std::vector<zone::Record> deleted;
  std::vector<zone::Record> added;
};

/// The records that `held`, the zone `apex`, has after `steps`, without the SOA. The Error says
/// what does not fit: the zone must then be transferred as a whole. Pure.
Result<std::vector<zone::GivenRecord>> take_steps(const zone::WireName& apex, const v1::Zone& held,
                                                  const std::vector<ZoneStep>& steps);

}  // namespace meridian::control
