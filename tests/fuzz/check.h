#pragma once

#include <cstdint>
#include <cstdlib>
#include <span>

/// What fuzz targets share.
namespace meridian::fuzz {

/// A target has one way to say no: it ends the program, in every build.
inline void require(bool holds) {
  if (!holds) std::abort();
}

/// The input as a stream of choices; when it is over, every choice is the first.
class Choices {
 public:
  explicit Choices(std::span<const std::uint8_t> rest) : rest_(rest) {}

  /// 0 to `bound` - 1; `bound` is at most 256.
  std::size_t below(std::size_t bound) {
    if (rest_.empty()) return 0;
    const auto octet = rest_.front();
    rest_ = rest_.subspan(1);
    return octet % bound;
  }
  bool over() const { return rest_.empty(); }
  std::span<const std::uint8_t> rest() const { return rest_; }

 private:
  std::span<const std::uint8_t> rest_;
};

}  // namespace meridian::fuzz
