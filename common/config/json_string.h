#pragma once

#include <string>
#include <string_view>

namespace meridian::config {

/// A JSON string literal with its quotes (RFC 8259 section 7); valid in YAML too. `text` is UTF-8.
std::string json_string(std::string_view text);

}  // namespace meridian::config
