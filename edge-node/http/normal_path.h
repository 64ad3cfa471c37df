#pragma once

#include <string>
#include <string_view>

namespace meridian::http {

/// What different spellings of one path have in common (RFC 3986 section 6.2.2): what needs no
/// percent-encoding has none, the rest has upper-case digits, `.` and `..` are resolved; of slashes
/// in a row one is left, as most servers take them. `path`, or in `memory`. Pure.
std::string_view normal_path(std::string_view path, std::string& memory);

/// Of that, what concerns percent-encoding; for patterns of paths.
std::string normal_escapes(std::string_view text);

}  // namespace meridian::http
