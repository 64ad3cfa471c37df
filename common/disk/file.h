#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "common/base/result.h"

namespace meridian {

/// Writes `bytes` so that after a crash the file holds all of the old or all of the new content:
/// a temporary name beside it, fsync, rename, fsync of the directory. `mode` as in open(2).
Result<void> write_file_atomically(const std::filesystem::path& path, std::string_view bytes,
                                   unsigned mode);

/// The whole file; one larger than `most_bytes` is an Error.
Result<std::string> read_file(const std::filesystem::path& path, std::uint64_t most_bytes);

/// Creates it, and what is missing above it, with mode 0700 for the last. Fine if it is there.
Result<void> make_directory(const std::filesystem::path& path);

}  // namespace meridian
