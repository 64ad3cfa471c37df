#pragma once

#include <filesystem>
#include <string>

#include "common/base/result.h"
#include "dns-steer/geo/place_table.h"

namespace meridian::dns {

/// Keeps a compiled table, so that a restart need not compile it again. File: the 8 bytes
/// "MRDNGEO1", SHA-256 of the rest, then `key` and the table; native byte order, for this machine
/// only.
Result<void> save_table(const std::filesystem::path& path, const std::string& key,
                        const PlaceTable& table);

/// An Error unless the file is whole and was saved under `key`. Milliseconds.
Result<PlaceTable> load_table(const std::filesystem::path& path, const std::string& key);

}  // namespace meridian::dns
