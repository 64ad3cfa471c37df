#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/base/result.h"
#include "common/zone/records.h"

namespace meridian::zone {

/// "MX"; "TYPE65280" where the type has no name.
std::string type_text(std::uint16_t type);

/// One record's data from its master-file form to wire form. No comment, no parentheses.
Result<std::string> parse_data(std::string_view data, std::uint16_t type, const WireName& origin);
/// And back, names whole with a dot at the end; `\# length hex` (RFC 3597) where parse_data() would
/// not make the same octets of anything else.
std::string data_text(std::uint16_t type, const std::string& rdata);

}  // namespace meridian::zone
