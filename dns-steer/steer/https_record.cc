#include "dns-steer/steer/https_record.h"

namespace meridian::dns {
namespace {

// RFC 9460 section 14.3.2.
constexpr std::uint16_t kPort = 3;
constexpr std::uint16_t kIpv4Hint = 4;
constexpr std::uint16_t kIpv6Hint = 6;
constexpr std::uint16_t kHttpsPort = 443;

using Choices = std::span<const Candidate* const>;

/// Of a fixed address of the panic mode nobody knows the port.
std::uint16_t port_of(const Fleet& fleet, const Candidate& candidate) {
  return candidate.edge == kNoEdge ? kHttpsPort : fleet.edges[candidate.edge].https_port;
}

void write_hints(WireWriter& out, const Fleet& fleet, std::uint16_t key, Choices choices,
                 std::uint16_t port) {
  const auto head = out.position();
  out.u16(key);
  out.u16(0);  // the length, known below
  const auto begin = out.position();
  for (const auto* candidate : choices) {
    if (port_of(fleet, *candidate) == port) out.bytes(candidate->address.bytes());
  }
  const auto length = out.position() - begin;
  if (length == 0)
    out.rewind(head);
  else
    out.patch_u16(begin - 2, static_cast<std::uint16_t>(length));
}

}  // namespace

void write_https_data(WireWriter& out, const Fleet& fleet, std::uint32_t site, Choices v4,
                      Choices v6) {
  auto port = kHttpsPort;
  if (!v6.empty()) port = port_of(fleet, *v6.front());
  if (!v4.empty()) port = port_of(fleet, *v4.front());
  out.u16(1);  // priority: ServiceMode
  out.u8(0);   // the target is the owner itself
  out.bytes(fleet.sites[site].https->alpn);
  if (port != kHttpsPort) {
    out.u16(kPort);
    out.u16(2);
    out.u16(port);
  }
  write_hints(out, fleet, kIpv4Hint, v4, port);
  write_hints(out, fleet, kIpv6Hint, v6, port);
}

}  // namespace meridian::dns
