#pragma once

#include <string_view>

namespace meridian::config {

/// UTF-8 without surrogates and overlong forms (RFC 3629): what protobuf takes as a string.
bool is_utf8(std::string_view text);

}  // namespace meridian::config
