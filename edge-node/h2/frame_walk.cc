#include "edge-node/h2/frame_walk.h"

#include <algorithm>

namespace meridian::edge::h2 {
namespace {

constexpr std::uint8_t kData = 0, kHeaders = 1, kContinuation = 9;
constexpr std::uint8_t kEndHeaders = 4;

}  // namespace

FrameWalk::Step FrameWalk::step(std::span<const char> bytes) {
  std::size_t at = 0;
  while (at < bytes.size()) {
    if (rest_ > 0) {
      const auto passed = std::min(rest_, bytes.size() - at);
      rest_ -= passed;
      at += passed;
      continue;
    }
    head_[have_] = static_cast<std::uint8_t>(bytes[at]);
    if (++have_ < kHeadBytes) {
      ++at;
      continue;
    }
    have_ = 0;
    const auto& h = head_;
    rest_ = 1 + (std::size_t{h[0]} << 16 | std::size_t{h[1]} << 8 | h[2]);  // with this byte
    const auto stream =
        static_cast<std::int32_t>((h[5] & 0x7fu) << 24 | h[6] << 16 | h[7] << 8 | h[8]);
    in_head_ = h[3] == kHeaders || h[3] == kContinuation;
    ends_head_ = (h[4] & kEndHeaders) != 0;
    if (h[3] == kData && stream != 0) return {at, stream};
  }
  return {at, 0};
}

}  // namespace meridian::edge::h2
