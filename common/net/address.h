#pragma once

#include <algorithm>
#include <array>
#include <compare>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "common/base/result.h"

namespace meridian {

enum class Family : std::uint8_t { v4, v6 };

/// An IPv4 or IPv6 address, network byte order. A value; 17 bytes.
class IpAddress {
 public:
  /// 0.0.0.0.
  constexpr IpAddress() = default;
  static IpAddress v4(std::span<const std::uint8_t, 4> bytes) {
    IpAddress address;
    std::copy(bytes.begin(), bytes.end(), address.bytes_.begin());
    return address;
  }
  static IpAddress v6(std::span<const std::uint8_t, 16> bytes) {
    IpAddress address;
    address.family_ = Family::v6;
    std::copy(bytes.begin(), bytes.end(), address.bytes_.begin());
    return address;
  }
  /// From an integer in host order.
  static IpAddress v4(std::uint32_t value) {
    const std::array<std::uint8_t, 4> bytes{
        static_cast<std::uint8_t>(value >> 24), static_cast<std::uint8_t>(value >> 16),
        static_cast<std::uint8_t>(value >> 8), static_cast<std::uint8_t>(value)};
    return v4(bytes);
  }

  Family family() const { return family_; }
  bool is_v4() const { return family_ == Family::v4; }
  /// 4 or 16 bytes; sees this object.
  std::span<const std::uint8_t> bytes() const { return {bytes_.data(), is_v4() ? 4u : 16u}; }
  int bits() const { return is_v4() ? 32 : 128; }
  /// 0.0.0.0 or ::, which stand for any address.
  bool is_unspecified() const { return bytes_ == decltype(bytes_){}; }
  /// Host order; only for IPv4.
  std::uint32_t v4_value() const {
    return std::uint32_t{bytes_[0]} << 24 | std::uint32_t{bytes_[1]} << 16 |
           std::uint32_t{bytes_[2]} << 8 | std::uint32_t{bytes_[3]};
  }
  /// ::ffff:a.b.c.d becomes a.b.c.d; all else stays.
  IpAddress unmapped() const;
  std::string text() const;

  friend auto operator<=>(const IpAddress&, const IpAddress&) = default;

 private:
  Family family_ = Family::v4;
  std::array<std::uint8_t, 16> bytes_{};
};

/// "192.0.2.1" or "2001:db8::1"; nothing around it.
Result<IpAddress> parse_address(std::string_view text);

/// A network: an address whose bits past `length` are zero.
struct IpPrefix {
  IpAddress address;
  int length = 0;

  bool contains(const IpAddress& other) const;
  std::string text() const;
  friend auto operator<=>(const IpPrefix&, const IpPrefix&) = default;
};

/// The network of `length` bits that `address` lies in; `length` is at most address.bits().
IpPrefix prefix_of(const IpAddress& address, int length);

/// "192.0.2.0/24". Bits set past the length are an error that names the right prefix. An address
/// without a length is the prefix of that one address.
Result<IpPrefix> parse_prefix(std::string_view text);

/// An address and a TCP or UDP port.
struct Endpoint {
  IpAddress address;
  std::uint16_t port = 0;

  /// "192.0.2.1:53" or "[2001:db8::1]:53".
  std::string text() const;
  friend auto operator<=>(const Endpoint&, const Endpoint&) = default;
};

/// As Endpoint::text() writes it. Port 0 asks the system for a free one.
Result<Endpoint> parse_endpoint(std::string_view text);

}  // namespace meridian
