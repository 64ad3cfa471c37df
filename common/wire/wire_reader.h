#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

namespace meridian {

/// Big-endian numbers at `from`, which need not be aligned.
inline std::uint16_t load_u16(const std::uint8_t* from) {
  return static_cast<std::uint16_t>(from[0] << 8 | from[1]);
}
inline std::uint32_t load_u32(const std::uint8_t* from) {
  return std::uint32_t{from[0]} << 24 | std::uint32_t{from[1]} << 16 | std::uint32_t{from[2]} << 8 |
         std::uint32_t{from[3]};
}

/// Big-endian fields of a message. After a short read everything reads as zero and empty, and
/// ok() stays false: check it once, at the end. Sees the caller's bytes; owns nothing.
class WireReader {
 public:
  explicit WireReader(std::span<const std::uint8_t> message)
      : message_(message), end_(message.size()) {}

  std::uint8_t u8() {
    const auto* p = take(1);
    return p == nullptr ? std::uint8_t{0} : *p;
  }
  std::uint16_t u16() {
    const auto* p = take(2);
    return p == nullptr ? std::uint16_t{0} : load_u16(p);
  }
  std::uint32_t u32() {
    const auto* p = take(4);
    return p == nullptr ? 0 : load_u32(p);
  }
  std::uint64_t u64() {
    const std::uint64_t high = u32();
    return high << 32 | u32();
  }
  std::span<const std::uint8_t> bytes(std::size_t n) {
    const auto* p = take(n);
    return p == nullptr ? std::span<const std::uint8_t>() : std::span(p, n);
  }

  bool ok() const { return ok_; }
  std::size_t position() const { return position_; }
  std::size_t remaining() const { return end_ - position_; }
  /// What is left to read.
  std::span<const std::uint8_t> rest() const { return message_.subspan(position_, remaining()); }
  std::span<const std::uint8_t> message() const { return message_; }

 private:
  /// Null: there are too few, and from now on none.
  const std::uint8_t* take(std::size_t n) {
    if (n > end_ - position_) [[unlikely]] {
      end_ = position_;
      ok_ = false;
      return nullptr;
    }
    return message_.data() + std::exchange(position_, position_ + n);
  }

  std::span<const std::uint8_t> message_;
  std::size_t position_ = 0;
  std::size_t end_;  // where reading ends: behind the message, or where it failed
  bool ok_ = true;
};

}  // namespace meridian
