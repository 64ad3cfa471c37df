#include "controller/gslbctl/line_diff.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace meridian::gslbctl {
namespace {

using Lines = std::vector<std::string_view>;

constexpr std::size_t kMostCells = 16'000'000;  // of the table: bounds time and memory

Lines split(std::string_view text) {
  Lines lines;
  while (!text.empty()) {
    const auto line = text.substr(0, text.find('\n'));
    lines.push_back(line);
    text.remove_prefix(std::min(text.size(), line.size() + 1));
  }
  return lines;
}

/// Lengths of the longest common subsequences of all pairs of ends: at(i, j) is that of a's lines
/// from i and b's from j.
class CommonEnds {
 public:
  CommonEnds(const Lines& a, const Lines& b)
      : width_(b.size() + 1), lengths_((a.size() + 1) * width_) {
    for (auto i = a.size(); i-- > 0;)
      for (auto j = b.size(); j-- > 0;)
        lengths_[i * width_ + j] =
            a[i] == b[j] ? at(i + 1, j + 1) + 1 : std::max(at(i + 1, j), at(i, j + 1));
  }
  std::uint32_t at(std::size_t i, std::size_t j) const { return lengths_[i * width_ + j]; }

 private:
  std::size_t width_;
  std::vector<std::uint32_t> lengths_;
};

}  // namespace

std::vector<DiffLine> line_diff(std::string_view before, std::string_view after) {
  const auto a = split(before);
  const auto b = split(after);
  std::vector<DiffLine> lines;
  std::size_t i = 0;
  std::size_t j = 0;
  if ((a.size() + 1) * (b.size() + 1) <= kMostCells) {
    const CommonEnds common(a, b);
    while (i < a.size() && j < b.size()) {
      if (a[i] == b[j]) {
        lines.push_back({' ', a[i++]});
        ++j;
      } else if (common.at(i + 1, j) >= common.at(i, j + 1)) {
        lines.push_back({'-', a[i++]});
      } else {
        lines.push_back({'+', b[j++]});
      }
    }
  }
  while (i < a.size()) lines.push_back({'-', a[i++]});
  while (j < b.size()) lines.push_back({'+', b[j++]});
  return lines;
}

}  // namespace meridian::gslbctl
