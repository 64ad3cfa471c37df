#include "common/net/address.h"

#include <algorithm>
#include <charconv>

#include <arpa/inet.h>

namespace meridian {
namespace {

Result<int> parse_number(std::string_view text, int most) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value < 0 || value > most)
    return Error("'" + std::string(text) + "' is not a number from 0 to " + std::to_string(most));
  return value;
}

}  // namespace

IpAddress IpAddress::unmapped() const {
  static constexpr std::array<std::uint8_t, 12> kMapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255};
  if (is_v4() || !std::equal(kMapped.begin(), kMapped.end(), bytes_.begin())) return *this;
  return v4(std::span<const std::uint8_t, 4>(bytes_.data() + 12, 4));
}

std::string IpAddress::text() const {
  char buffer[INET6_ADDRSTRLEN];
  if (is_v4()) {  // often asked for, and inet_ntop() is slow
    char* end = buffer;
    for (std::size_t i = 0; i < 4; ++i) {
      if (i > 0) *end++ = '.';
      end = std::to_chars(end, buffer + sizeof buffer, unsigned{bytes_[i]}).ptr;
    }
    return {buffer, end};
  }
  inet_ntop(AF_INET6, bytes_.data(), buffer, sizeof buffer);
  return buffer;
}

Result<IpAddress> parse_address(std::string_view text) {
  const std::string terminated(text);
  std::array<std::uint8_t, 16> bytes{};
  // inet_pton stops at NUL, so a NUL inside would hide what follows it.
  if (terminated.find('\0') == std::string::npos) {
    if (inet_pton(AF_INET, terminated.c_str(), bytes.data()) == 1)
      return IpAddress::v4(std::span(bytes).first<4>());
    if (inet_pton(AF_INET6, terminated.c_str(), bytes.data()) == 1) return IpAddress::v6(bytes);
  }
  return Error("'" + terminated + "' is not an IPv4 or IPv6 address");
}

bool IpPrefix::contains(const IpAddress& other) const {
  return other.family() == address.family() && prefix_of(other, length).address == address;
}

std::string IpPrefix::text() const { return address.text() + "/" + std::to_string(length); }

IpPrefix prefix_of(const IpAddress& address, int length) {
  std::array<std::uint8_t, 16> bytes{};
  const auto from = address.bytes();
  const auto whole = static_cast<std::size_t>(length) / 8;
  std::copy_n(from.begin(), whole, bytes.begin());
  if (length % 8 != 0)
    bytes[whole] = static_cast<std::uint8_t>(from[whole] & (0xff00 >> (length % 8)));
  return {address.is_v4() ? IpAddress::v4(std::span(bytes).first<4>()) : IpAddress::v6(bytes),
          length};
}

Result<IpPrefix> parse_prefix(std::string_view text) {
  const auto slash = text.find('/');
  const auto address = parse_address(text.substr(0, slash));
  if (!address)
    return Error("'" + std::string(text) + "' is not a CIDR prefix such as 192.0.2.0/24");
  if (slash == std::string_view::npos) return IpPrefix{*address, address->bits()};
  const auto length = parse_number(text.substr(slash + 1), address->bits());
  if (!length)
    return Error("'" + std::string(text) + "': the prefix length is not a number from 0 to " +
                 std::to_string(address->bits()));
  const auto prefix = prefix_of(*address, *length);
  if (prefix.address != *address)
    return Error("'" + std::string(text) + "' has bits set past its length; did you mean " +
                 prefix.text() + "?");
  return prefix;
}

std::string Endpoint::text() const {
  const auto host = address.is_v4() ? address.text() : "[" + address.text() + "]";
  return host + ":" + std::to_string(port);
}

Result<Endpoint> parse_endpoint(std::string_view text) {
  const auto wrong = [&] {
    return Error("'" + std::string(text) +
                 "' is not an address and port such as 192.0.2.1:53 or [2001:db8::1]:53");
  };
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) return wrong();
  auto host = text.substr(0, colon);
  const bool brackets = host.starts_with('[') && host.ends_with(']');
  if (brackets) host = host.substr(1, host.size() - 2);
  const auto address = parse_address(host);
  const auto port = parse_number(text.substr(colon + 1), 65535);
  if (!address || !port || brackets == address->is_v4()) return wrong();
  return Endpoint{*address, static_cast<std::uint16_t>(*port)};
}

}  // namespace meridian
