#pragma once

#include "common/wire/wire_reader.h"
#include "common/zone/records.h"

namespace meridian::zone {

/// The name that `reader` stands at, which must be without compression, in lower case. Empty: there
/// is none. Any thread.
WireName read_name(WireReader& reader);

}  // namespace meridian::zone
