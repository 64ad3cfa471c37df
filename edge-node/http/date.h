#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "common/base/time.h"

namespace meridian::http {

/// "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110 section 5.6.7). Pure.
std::string format_date(WallTime time);
/// All three forms of that section. A two-digit year lies at most 50 years ahead of `now`.
std::optional<WallTime> parse_date(std::string_view text, WallTime now);

}  // namespace meridian::http
