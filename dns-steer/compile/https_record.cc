#include "dns-steer/compile/https_record.h"

#include <string>

namespace meridian::dns {
namespace {

constexpr std::uint8_t kAlpn = 1;  // RFC 9460 section 14.3.2
constexpr int kMostProtocols = 8;
constexpr std::size_t kMostProtocolOctets = 32;

}  // namespace

Result<HttpsRecord> compile_https_record(const v1::HttpsRecord& from) {
  if (from.alpn_size() > kMostProtocols)
    return Error("alpn", "has more than " + std::to_string(kMostProtocols) + " protocols");
  HttpsRecord record;
  if (from.alpn().empty()) return record;
  record.alpn = {0, kAlpn, 0, 0};
  for (int i = 0; i < from.alpn_size(); ++i) {
    const auto& protocol = from.alpn(i);
    if (protocol.empty() || protocol.size() > kMostProtocolOctets)
      return Error("alpn[" + std::to_string(i) + "]",
                   "is not from 1 to " + std::to_string(kMostProtocolOctets) + " characters");
    record.alpn.push_back(static_cast<std::uint8_t>(protocol.size()));
    record.alpn.insert(record.alpn.end(), protocol.begin(), protocol.end());
  }
  const auto length = record.alpn.size() - 4;
  record.alpn[2] = static_cast<std::uint8_t>(length >> 8);
  record.alpn[3] = static_cast<std::uint8_t>(length);
  return record;
}

}  // namespace meridian::dns
