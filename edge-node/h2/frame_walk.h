#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace meridian::edge::h2 {

/// Finds DATA frames (RFC 9113 section 4.1) in bytes as they come. Pure; one thread.
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

 private:
  static constexpr std::size_t kHeadBytes = 9;

  std::array<std::uint8_t, kHeadBytes> head_{};
  std::size_t have_ = 0;  // of the head
  std::size_t rest_;      // until the next one begins
};

}  // namespace meridian::edge::h2
