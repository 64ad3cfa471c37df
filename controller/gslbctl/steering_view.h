#pragma once

#include <string>

#include "meridian/v1/distribution.pb.h"

namespace meridian::gslbctl {

/// A steering report as tables with bars. Of many locations the greatest are shown. Pure.
std::string steering_report_text(const v1::SteeringReport& report, bool colours);

}  // namespace meridian::gslbctl
