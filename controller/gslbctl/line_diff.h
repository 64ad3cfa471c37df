#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace meridian::gslbctl {

/// One line of two texts laid side by side.
struct DiffLine {
  char mark = ' ';  // '-' only in the first, '+' only in the second, ' ' in both
  std::string_view text;
};

/// The fewest marked lines that make `after` of `before`. Texts that differ in more
/// than some thousand lines are shown as one block that goes and one that comes. Sees both texts.
std::vector<DiffLine> line_diff(std::string_view before, std::string_view after);

}  // namespace meridian::gslbctl
