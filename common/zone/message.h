#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "common/base/result.h"
#include "common/zone/records.h"

namespace meridian::zone {

/// The records of a message's answer section, names in their data without compression. Those of
/// another class than IN are an Error, as is a message that is malformed. Through ldns; any thread.
Result<std::vector<Record>> answer_records(std::span<const std::uint8_t> message);

}  // namespace meridian::zone
