#pragma once

#include "common/base/result.h"
#include "dns-steer/steer/fleet.h"
#include "meridian/v1/config.pb.h"

namespace meridian::dns {

/// The Error's `where` is a field of the HttpsRecord. Pure.
Result<HttpsRecord> compile_https_record(const v1::HttpsRecord& from);

}  // namespace meridian::dns
