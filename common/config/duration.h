#pragma once

#include <string>
#include <string_view>

#include <google/protobuf/duration.pb.h>

#include "common/base/result.h"

namespace meridian::config {

/// The shortest exact spelling: `500ms`, `20s`, `1h30m`, `0s`; `-5s` where it is negative.
std::string duration_text(const google::protobuf::Duration& duration);

/// One or more whole numbers, each with a unit of h, m, s, ms, us, ns, the largest first
/// (`1h30m`); `-` may stand in front. At most 10,000 years, as protobuf has it.
Result<google::protobuf::Duration> parse_duration(std::string_view text);

}  // namespace meridian::config
