#pragma once

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

namespace meridian {

/// Big-endian fields into the caller's buffer. What does not fit is not written, and ok() stays
/// false from then on: check it once, at the end. Owns nothing.
class WireWriter {
 public:
  explicit WireWriter(std::span<std::uint8_t> buffer) : buffer_(buffer) {}

  void u8(std::uint8_t value) {
    if (auto* p = take(1)) p[0] = value;
  }
  void u16(std::uint16_t value) {
    if (auto* p = take(2)) store(p, value);
  }
  void u32(std::uint32_t value) {
    u16(static_cast<std::uint16_t>(value >> 16));
    u16(static_cast<std::uint16_t>(value));
  }
  void u64(std::uint64_t value) {
    u32(static_cast<std::uint32_t>(value >> 32));
    u32(static_cast<std::uint32_t>(value));
  }
  void bytes(std::span<const std::uint8_t> data) {
    if (auto* p = take(data.size()); p && !data.empty()) std::memcpy(p, data.data(), data.size());
  }

  /// Overwrites what was written at `offset` before.
  void patch_u16(std::size_t offset, std::uint16_t value) {
    assert(offset + 2 <= position_);
    store(buffer_.data() + offset, value);
  }
  /// Forgets what was written from `position` on, and any lack of room since.
  void rewind(std::size_t position) {
    assert(position <= position_);
    position_ = position;
    ok_ = true;
  }

  bool ok() const { return ok_; }
  std::size_t position() const { return position_; }
  std::size_t room() const { return buffer_.size() - position_; }
  std::span<const std::uint8_t> written() const { return buffer_.first(position_); }

 private:
  static void store(std::uint8_t* p, std::uint16_t value) {
    p[0] = static_cast<std::uint8_t>(value >> 8);
    p[1] = static_cast<std::uint8_t>(value);
  }
  std::uint8_t* take(std::size_t n) {
    if (!ok_ || n > room()) {
      ok_ = false;
      return nullptr;
    }
    auto* p = buffer_.data() + position_;
    position_ += n;
    return p;
  }

  std::span<std::uint8_t> buffer_;
  std::size_t position_ = 0;
  bool ok_ = true;
};

}  // namespace meridian
