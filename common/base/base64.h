#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace meridian {

/// Base64 with padding (RFC 4648 section 4), in one line. Pure; any thread.
std::string to_base64(std::string_view bytes);
/// White space and line ends in between are skipped. No value: it is not base64.
std::optional<std::string> from_base64(std::string_view text);

}  // namespace meridian
