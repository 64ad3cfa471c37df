#pragma once

#include "edge-node/request/delivery.h"
#include "meridian/v1/config.pb.h"

namespace meridian::edge {

/// The fields of a Site that are about its requests and answers beside caching.
Delivery compile_delivery(const v1::Site& from, const v1::EdgeSettings& settings);

}  // namespace meridian::edge
