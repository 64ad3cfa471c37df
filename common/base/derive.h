#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace meridian {

/// `bytes` of key material for the purpose that `info` names, from a secret that serves other
/// purposes too (HKDF with SHA-256 and no salt, RFC 5869). At most 8160. Pure; any thread.
std::string derive(std::string_view secret, std::string_view info, std::size_t bytes);

}  // namespace meridian
