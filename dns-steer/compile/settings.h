#pragma once

#include <vector>

#include "common/base/result.h"
#include "dns-steer/query/settings.h"
#include "meridian/v1/config.pb.h"
#include "meridian/v1/distribution.pb.h"

namespace meridian::dns {

/// How a node answers: its DnsSettings, where there are any, its name, and the fleet's secret for
/// cookies, without which it gives none. The Error names resource and field.
Result<AnswerSettings> compile_settings(const v1::Snapshot& from,
                                        const std::vector<v1::Resource>& resources);

}  // namespace meridian::dns
