#pragma once

#include <string_view>

namespace meridian::edge {

/// `*` in `pattern` stands for any characters, none among them. Linear in both for each `*`.
bool glob_matches(std::string_view pattern, std::string_view text);

}  // namespace meridian::edge
