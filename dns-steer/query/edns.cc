#include "dns-steer/query/edns.h"

#include <algorithm>

#include "dns-steer/zone/record_type.h"

namespace meridian::dns {
namespace {

constexpr std::uint16_t kDnssecOk = 0x8000;
constexpr std::uint16_t kCompactOk = 0x4000;
constexpr std::size_t kFixedOctets = 8;  // class, TTL, length
constexpr std::size_t kOptOctets = 3 + kFixedOctets;
constexpr std::size_t kOptionHead = 4;  // code, length
constexpr std::size_t kErrorOctets = kOptionHead + 2;

/// One option in our version. False: it is malformed.
bool take_option(std::uint16_t code, Bytes data, Edns& edns) {
  switch (code) {
    case option::kNsid:
      edns.asks_nsid = true;  // whatever it holds (RFC 5001 section 2.1)
      return true;
    case option::kCookie:
      if (!is_cookie_size(data.size())) return false;
      if (edns.cookie.empty()) edns.cookie = data;  // the first counts (RFC 7873 section 5.2)
      return true;
    case option::kClientSubnet:
      if (edns.client_subnet) return false;  // which of the two is the client's?
      edns.client_subnet = parse_client_subnet(WireReader(data));
      return edns.client_subnet.has_value();
    case option::kPadding:
      edns.asks_padding = true;
      return true;
    case option::kKeepalive:
      edns.keepalive = data.empty() ? Edns::Keepalive::asked : Edns::Keepalive::malformed;
      return true;
    default:
      return true;
  }
}

void write_option(WireWriter& out, std::uint16_t code, Bytes data) {
  out.u16(code);
  out.u16(static_cast<std::uint16_t>(data.size()));
  out.bytes(data);
}

/// Octets of the option Padding with its head; 0: it is left out (RFC 8467 section 4.1).
std::size_t padding_octets(std::size_t block, std::size_t message, std::size_t room) {
  if (block == 0 || room < kOptionHead) return 0;
  const auto least = message + kOptionHead;
  const auto padded = (least + block - 1) / block * block;
  return kOptionHead + std::min(padded - least, room - kOptionHead);
}

}  // namespace

OptRead parse_edns(WireReader& reader, Edns& edns) {
  const auto fixed = reader.bytes(kFixedOctets);
  if (fixed.empty()) return OptRead::nothing;
  edns.udp_size = load_u16(&fixed[0]);
  edns.version = fixed[3];  // behind the extended RCODE, which is for answers
  const auto flags = load_u16(&fixed[4]);
  edns.dnssec_ok = (flags & kDnssecOk) != 0;
  edns.compact_ok = edns.dnssec_ok && (flags & kCompactOk) != 0;
  WireReader options(reader.bytes(load_u16(&fixed[6])));
  if (!reader.ok()) return OptRead::nothing;
  if (edns.version != 0) return OptRead::all;
  while (options.remaining() > 0) {
    const auto code = options.u16();
    const auto data = options.bytes(options.u16());
    if (!options.ok() || !take_option(code, data, edns)) {
      edns.client_subnet.reset();
      edns.cookie = {};
      return OptRead::malformed_options;
    }
  }
  return OptRead::all;
}

std::size_t edns_octets(const EdnsAnswer& answer) {
  if (!answer.present) return 0;
  auto octets = kOptOctets;
  if (!answer.nsid.empty()) octets += kOptionHead + answer.nsid.size();
  if (answer.client_subnet != nullptr) octets += client_subnet_octets(*answer.client_subnet);
  if (answer.cookie) octets += kOptionHead + answer.cookie->size();
  if (answer.keepalive > 0) octets += kOptionHead + 2;
  return octets;
}

void write_edns(WireWriter& out, const EdnsAnswer& answer, std::size_t octets, Rcode rcode,
                std::size_t before) {
  const bool tells_error =
      answer.error != ExtendedError::none && out.room() >= octets + kErrorOctets;
  if (tells_error) octets += kErrorOctets;
  const auto padding = padding_octets(answer.padding_block, before + octets, out.room() - octets);
  octets += padding;
  if (auto* fixed = out.extend(kOptOctets)) {
    fixed[0] = 0;  // the root
    store_u16(fixed + 1, rr::kOpt);
    store_u16(fixed + 3, answer.udp_octets);
    fixed[5] = static_cast<std::uint8_t>(static_cast<unsigned>(rcode) >> 4);
    fixed[6] = 0;  // our version
    // Other flags: zero (RFC 6891 section 6.1.4).
    store_u16(fixed + 7, static_cast<std::uint16_t>((answer.dnssec_ok ? kDnssecOk : 0) |
                                                    (answer.compact_ok ? kCompactOk : 0)));
    store_u16(fixed + 9, static_cast<std::uint16_t>(octets - kOptOctets));
  }
  if (!answer.nsid.empty()) write_option(out, option::kNsid, answer.nsid);
  if (answer.client_subnet != nullptr)
    write_client_subnet(out, *answer.client_subnet, answer.scope);
  if (answer.cookie) write_option(out, option::kCookie, *answer.cookie);
  if (answer.keepalive > 0) {
    out.u16(option::kKeepalive);
    out.u16(2);
    out.u16(answer.keepalive);
  }
  if (tells_error) {
    out.u16(option::kExtendedError);
    out.u16(2);
    out.u16(static_cast<std::uint16_t>(answer.error));
  }
  if (padding > 0) {
    out.u16(option::kPadding);
    out.u16(static_cast<std::uint16_t>(padding - kOptionHead));
    for (auto left = padding - kOptionHead; left > 0; --left) out.u8(0);
  }
}

}  // namespace meridian::dns
