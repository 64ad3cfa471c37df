#pragma once

#include <optional>

#include "meridian/v1/config.pb.h"
#include "meridian/v1/health.pb.h"

namespace meridian::control {

/// `load` against `capacity`, whichever of its bounds is nearest; 1 is full. None where nothing is
/// bounded. What an edge reports is not trusted to be a number. Pure.
std::optional<double> utilisation(const v1::EdgeLoad& load, const v1::EdgeCapacity& capacity);

}  // namespace meridian::control
