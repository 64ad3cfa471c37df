#pragma once

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <utility>

namespace meridian {

/// Writes numbers big-endian at `to`, which need not be aligned.
inline void store_u16(std::uint8_t* to, std::uint16_t value) {
  to[0] = static_cast<std::uint8_t>(value >> 8);
  to[1] = static_cast<std::uint8_t>(value);
}
inline void store_u32(std::uint8_t* to, std::uint32_t value) {
  to[0] = static_cast<std::uint8_t>(value >> 24);
  to[1] = static_cast<std::uint8_t>(value >> 16);
  to[2] = static_cast<std::uint8_t>(value >> 8);
  to[3] = static_cast<std::uint8_t>(value);
}

/// Big-endian fields into the caller's buffer. What does not fit is not written, and ok() stays
/// false from then on: check it once, at the end. Owns nothing.
class WireWriter {
 public:
  explicit WireWriter(std::span<std::uint8_t> buffer) : buffer_(buffer), end_(buffer.size()) {}

  void u8(std::uint8_t value) {
    if (auto* p = extend(1)) p[0] = value;
  }
  void u16(std::uint16_t value) {
    if (auto* p = extend(2)) store_u16(p, value);
  }
  void u32(std::uint32_t value) {
    if (auto* p = extend(4)) store_u32(p, value);
  }
  void u64(std::uint64_t value) {
    u32(static_cast<std::uint32_t>(value >> 32));
    u32(static_cast<std::uint32_t>(value));
  }
  void bytes(std::span<const std::uint8_t> data) {
    if (data.empty()) return;
    if (auto* p = extend(data.size())) std::memcpy(p, data.data(), data.size());
  }
  /// `n` octets that the caller fills; null: they do not fit.
  std::uint8_t* extend(std::size_t n) {
    if (n > end_ - position_) [[unlikely]] {
      end_ = position_;
      ok_ = false;
      return nullptr;
    }
    return buffer_.data() + std::exchange(position_, position_ + n);
  }

  /// Overwrites what was written at `offset` before.
  void patch_u16(std::size_t offset, std::uint16_t value) {
    assert(offset + 2 <= position_);
    store_u16(buffer_.data() + offset, value);
  }
  /// Forgets what was written from `position` on, and any lack of room since.
  void rewind(std::size_t position) {
    assert(position <= position_);
    position_ = position;
    end_ = buffer_.size();
    ok_ = true;
  }

  bool ok() const { return ok_; }
  std::size_t position() const { return position_; }
  std::size_t room() const { return buffer_.size() - position_; }
  std::span<const std::uint8_t> written() const { return buffer_.first(position_); }

 private:
  std::span<std::uint8_t> buffer_;
  std::size_t position_ = 0;
  std::size_t end_;  // where writing ends: behind the buffer, or where it failed
  bool ok_ = true;
};

}  // namespace meridian
