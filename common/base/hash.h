#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace meridian {

using Sha256 = std::array<std::uint8_t, 32>;

/// SHA-256 of `bytes` (FIPS 180-4). Pure; any thread.
Sha256 sha256(std::string_view bytes);

/// Lower-case hexadecimal.
std::string to_hex(std::span<const std::uint8_t> bytes);

}  // namespace meridian
