#include "dns-steer/query/edns.h"

#include "dns-steer/zone/record_type.h"

namespace meridian::dns {
namespace {

constexpr std::uint16_t kDnssecOk = 0x8000;
constexpr std::size_t kOptOctets = 11;
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
    default:
      return true;
  }
}

void write_option(WireWriter& out, std::uint16_t code, Bytes data) {
  out.u16(code);
  out.u16(static_cast<std::uint16_t>(data.size()));
  out.bytes(data);
}

}  // namespace

OptRead parse_edns(WireReader& reader, Edns& edns) {
  edns.udp_size = reader.u16();
  (void)reader.u8();  // extended RCODE: of answers
  edns.version = reader.u8();
  edns.dnssec_ok = (reader.u16() & kDnssecOk) != 0;
  const auto length = reader.u16();
  WireReader options(reader.bytes(length));
  if (!reader.ok()) return OptRead::nothing;
  if (edns.version != 0) return OptRead::all;
  while (options.remaining() > 0) {
    const auto code = options.u16();
    const auto size = options.u16();
    const auto data = options.bytes(size);
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
  return octets;
}

void write_edns(WireWriter& out, const EdnsAnswer& answer, Rcode rcode) {
  const auto octets = edns_octets(answer);
  const bool tells_error =
      answer.error != ExtendedError::none && out.room() >= octets + kErrorOctets;
  out.u8(0);  // the root
  out.u16(rr::kOpt);
  out.u16(answer.udp_octets);
  out.u8(static_cast<std::uint8_t>(static_cast<unsigned>(rcode) >> 4));
  out.u8(0);                                  // our version
  out.u16(answer.dnssec_ok ? kDnssecOk : 0);  // other flags: zero (RFC 6891 section 6.1.4)
  out.u16(static_cast<std::uint16_t>(octets - kOptOctets + (tells_error ? kErrorOctets : 0)));
  if (!answer.nsid.empty()) write_option(out, option::kNsid, answer.nsid);
  if (answer.client_subnet != nullptr)
    write_client_subnet(out, *answer.client_subnet, answer.scope);
  if (answer.cookie) write_option(out, option::kCookie, *answer.cookie);
  if (tells_error) {
    out.u16(option::kExtendedError);
    out.u16(2);
    out.u16(static_cast<std::uint16_t>(answer.error));
  }
}

}  // namespace meridian::dns
