#pragma once

#include "edge-node/request/snapshot.h"
#include "meridian/v1/config.pb.h"

namespace meridian::edge {

/// The controller has checked it.
Telling compile_telling(const v1::EdgeSettings& from);
LogChoice compile_log_choice(const v1::Site& from);

}  // namespace meridian::edge
