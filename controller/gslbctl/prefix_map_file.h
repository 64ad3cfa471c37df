#pragma once

#include <string>
#include <string_view>

#include "common/config/documents.h"

namespace meridian::gslbctl {

/// The most entries of one file.
inline constexpr int kMostPrefixMapEntries = 200'000;

/// Reads a prefix map as one document, with every error at its line. CSV: lines
/// PREFIX,LOCATION[,LOCATION...]; empty lines and what follows `#` count for nothing; a first line
/// that begins with `prefix` is a heading. JSON: an array of {"prefix": ..., "locations": [...]}.
/// Pure.
config::Documents read_prefix_map_csv(const std::string& name, std::string_view text,
                                      const std::string& file);
config::Documents read_prefix_map_json(const std::string& name, std::string_view text,
                                       const std::string& file);

}  // namespace meridian::gslbctl
