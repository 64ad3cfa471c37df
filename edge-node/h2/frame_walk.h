#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace meridian::edge::h2 {

/// Finds DATA frames and header sections (RFC 9113 section 4.1) in bytes as they come. Pure; one
/// thread.
class FrameWalk {
 public:
  /// `ahead`: bytes that come before the first frame.
  explicit FrameWalk(std::size_t ahead) : rest_(ahead) {}

  struct Step {
    std::size_t size = 0;       // bytes
    std::int32_t data_for = 0;  // not 0: the byte behind them completes the head of such a frame
  };
  /// Of `bytes` those before that byte, or all. What is not taken comes first the next time.
  Step step(std::span<const char> bytes);
  /// A header section has begun whose end has not come.
  bool is_within_head() const { return in_head_ && (rest_ > 0 || !ends_head_); }

 private:
  static constexpr std::size_t kHeadBytes = 9;

  std::array<std::uint8_t, kHeadBytes> head_{};
  std::size_t have_ = 0;    // of the head
  std::size_t rest_;        // until the next one begins
  bool in_head_ = false;    // the frame is HEADERS or CONTINUATION ...
  bool ends_head_ = false;  // ... with END_HEADERS
};

}  // namespace meridian::edge::h2
