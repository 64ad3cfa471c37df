#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

namespace meridian {

/// Big-endian fields of a message. After a short read everything reads as zero and empty, and
/// ok() stays false: check it once, at the end. Sees the caller's bytes; owns nothing.
class WireReader {
 public:
  explicit WireReader(std::span<const std::uint8_t> message) : message_(message) {}

  std::uint8_t u8() {
    const auto b = bytes(1);
    return b.empty() ? std::uint8_t{0} : b[0];
  }
  std::uint16_t u16() {
    const auto b = bytes(2);
    return b.empty() ? std::uint16_t{0} : static_cast<std::uint16_t>(b[0] << 8 | b[1]);
  }
  std::uint32_t u32() {
    const auto b = bytes(4);
    return b.empty() ? 0
                     : std::uint32_t{b[0]} << 24 | std::uint32_t{b[1]} << 16 |
                           std::uint32_t{b[2]} << 8 | std::uint32_t{b[3]};
  }
  std::uint64_t u64() {
    const std::uint64_t high = u32();
    return high << 32 | u32();
  }
  std::span<const std::uint8_t> bytes(std::size_t n) {
    if (!ok_ || n > message_.size() - position_) {
      ok_ = false;
      return {};
    }
    return message_.subspan(std::exchange(position_, position_ + n), n);
  }

  bool ok() const { return ok_; }
  std::size_t position() const { return position_; }
  std::size_t remaining() const { return ok_ ? message_.size() - position_ : 0; }
  std::span<const std::uint8_t> message() const { return message_; }

 private:
  std::span<const std::uint8_t> message_;
  std::size_t position_ = 0;
  bool ok_ = true;
};

}  // namespace meridian
