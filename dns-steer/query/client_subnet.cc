#include "dns-steer/query/client_subnet.h"

#include <algorithm>
#include <array>

namespace meridian::dns {
namespace {

constexpr std::uint16_t kClientSubnetOption = 8;

std::size_t address_octets(std::uint8_t source) { return (source + std::size_t{7}) / 8; }

}  // namespace

std::optional<ClientSubnet> parse_client_subnet(WireReader option) {
  ClientSubnet subnet;
  subnet.family = option.u16();
  subnet.source = option.u8();
  const auto scope = option.u8();
  const auto most_bits = subnet.family == 1 ? 32 : subnet.family == 2 ? 128 : 0;
  if (!option.ok() || scope != 0 || subnet.family > 2 || subnet.source > most_bits) return {};
  const auto given = option.bytes(address_octets(subnet.source));
  if (!option.ok() || option.remaining() != 0) return {};
  std::array<std::uint8_t, 16> octets{};
  std::copy(given.begin(), given.end(), octets.begin());
  subnet.address =
      subnet.family == 2 ? IpAddress::v6(octets) : IpAddress::v4(std::span(octets).first<4>());
  if (prefix_of(subnet.address, subnet.source).address != subnet.address) return {};
  return subnet;
}

std::optional<IpAddress> glance_at_client_subnet(std::span<const std::uint8_t> data) {
  constexpr std::size_t kFamilyEnd = 2;  // its low octet is the last
  constexpr std::size_t kAddressAt = 4;  // behind family, source and scope
  if (data.size() <= kAddressAt || data[kFamilyEnd] == 0) return {};
  std::array<std::uint8_t, 16> octets{};
  const auto given = data.subspan(kAddressAt);
  std::copy_n(given.begin(), std::min(given.size(), octets.size()), octets.begin());
  return data[kFamilyEnd - 1] == 2 ? IpAddress::v6(octets)
                                   : IpAddress::v4(std::span(octets).first<4>());
}

std::size_t client_subnet_octets(const ClientSubnet& subnet) {
  return 8 + address_octets(subnet.source);
}

void write_client_subnet(WireWriter& out, const ClientSubnet& subnet, std::uint8_t scope) {
  const auto octets = address_octets(subnet.source);
  out.u16(kClientSubnetOption);
  out.u16(static_cast<std::uint16_t>(4 + octets));
  out.u16(subnet.family);
  out.u8(subnet.source);
  // An opt-out gets scope 0 (RFC 7871 section 7.2.1).
  out.u8(subnet.locates() ? scope : 0);
  out.bytes(subnet.address.bytes().first(octets));
}

}  // namespace meridian::dns
