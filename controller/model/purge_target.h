#pragma once

#include "common/base/result.h"
#include "controller/model/configuration.h"
#include "meridian/v1/distribution.pb.h"

namespace meridian::control {

/// `purge` as edges get it, without a sequence: the host of a prefix in lower case and with a path
/// after it. The Error names the field and says what is wrong: no target, a site that does not
/// exist, a prefix outside all sites. Pure.
Result<v1::Purge> checked_purge(v1::Purge purge, const Configuration& configuration);

}  // namespace meridian::control
