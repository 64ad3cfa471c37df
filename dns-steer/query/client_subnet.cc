#include "dns-steer/query/client_subnet.h"

#include <algorithm>
#include <array>

namespace meridian::dns {
namespace {

constexpr std::uint16_t kClientSubnetOption = 8;
constexpr std::size_t kHeadOctets = 4;  // family, source, scope

}  // namespace

std::optional<ClientSubnet> parse_client_subnet(WireReader option) {
  const auto head = option.bytes(kHeadOctets);
  if (head.empty()) return {};
  const auto family = load_u16(&head[0]);
  const auto source = head[2];
  const auto scope = head[3];
  const auto most_bits = family == 1 ? 32 : family == 2 ? 128 : 0;
  if (scope != 0 || family > 2 || source > most_bits) return {};
  const auto given = option.rest();
  if (given.size() != address_octets({family, source, {}})) return {};
  const auto unused_bits = given.size() * 8 - source;
  if (unused_bits > 0 && (given.back() & ((1u << unused_bits) - 1)) != 0) return {};
  std::array<std::uint8_t, 16> octets{};
  std::copy(given.begin(), given.end(), octets.begin());
  return ClientSubnet{
      family, source,
      family == 2 ? IpAddress::v6(octets) : IpAddress::v4(std::span(octets).first<4>())};
}

void write_client_subnet(WireWriter& out, const ClientSubnet& subnet, std::uint8_t scope) {
  const auto octets = address_octets(subnet);
  if (auto* head = out.extend(4 + kHeadOctets)) {
    store_u16(head, kClientSubnetOption);
    store_u16(head + 2, static_cast<std::uint16_t>(kHeadOctets + octets));
    store_u16(head + 4, subnet.family);
    head[6] = subnet.source;
    // An opt-out gets scope 0 (RFC 7871 section 7.2.1).
    head[7] = subnet.locates() ? scope : 0;
  }
  out.bytes(subnet.address.bytes().first(octets));
}

}  // namespace meridian::dns
