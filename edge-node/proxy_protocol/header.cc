#include "edge-node/proxy_protocol/header.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <span>

#include "common/wire/wire_reader.h"

namespace meridian::edge {
namespace {

using namespace std::string_view_literals;

constexpr std::string_view kSignature = "\r\n\r\n\0\r\nQUIT\n"sv;  // of version 2
constexpr std::string_view kVersion1 = "PROXY ";
constexpr std::size_t kMostVersion1 = 107;  // section 2.1, the line's end included
constexpr std::size_t kFixedBytes = 16;     // of version 2
constexpr std::size_t kWords = 6;           // PROXY TCP4 client proxy port port

bool is_port(std::string_view text) {
  std::uint32_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  return error == std::errc{} && end == text.data() + text.size() && port <= 65535;
}

bool begins(std::string_view whole, std::string_view part) {
  const auto size = std::min(whole.size(), part.size());
  return whole.substr(0, size) == part.substr(0, size);
}

/// What follows the addresses: each a type, a length and so many bytes. None of them matters here.
bool are_extensions(WireReader& reader) {
  while (reader.remaining() > 0) {
    reader.u8();
    reader.bytes(reader.u16());
  }
  return reader.ok();
}

}  // namespace

ProxyHeaderReader::Progress ProxyHeaderReader::take(std::string_view bytes) {
  held_ += bytes;
  if (begins(kSignature, held_)) return take_v2();
  if (begins(kVersion1, held_)) return take_v1();
  return Progress::failed;
}

ProxyHeaderReader::Progress ProxyHeaderReader::more(std::size_t wanted) {
  wanted_ = wanted;
  return Progress::more;
}

/// Asks for the fewest bytes that a line which begins so can still have.
ProxyHeaderReader::Progress ProxyHeaderReader::take_v1() {
  const std::string_view line = held_;
  if (line.ends_with("\r\n")) return end_v1(line.substr(0, line.size() - 2));
  if (line.size() >= kMostVersion1 || line.find('\n') != std::string_view::npos)
    return Progress::failed;
  if (line.ends_with('\r')) return more(1);
  if (line.size() < kSignature.size()) return more(kSignature.size() - line.size());
  const auto kind = line.substr(kVersion1.size());
  if (constexpr auto kUnknown = "UNKNOWN"sv; begins(kUnknown, kind))
    return more(kUnknown.size() - std::min(kUnknown.size(), kind.size()) + 2);
  const auto words = static_cast<std::size_t>(std::count(line.begin(), line.end(), ' ')) + 1;
  if (words > kWords) return Progress::failed;
  // A blank and a character for each word that is missing, and the line's end.
  return more((kWords - words) * 2 + (line.back() == ' ' ? 1 : 0) + 2);
}

ProxyHeaderReader::Progress ProxyHeaderReader::end_v1(std::string_view line) {
  if (line.find_first_of("\r\n") != std::string_view::npos) return Progress::failed;
  std::array<std::string_view, kWords> words;
  auto rest = line;
  for (std::size_t i = 0; i < kWords; ++i) {
    const auto end = i + 1 < kWords ? rest.find(' ') : std::string_view::npos;
    words[i] = rest.substr(0, end);
    if (i == 1 && words[i] == "UNKNOWN") return Progress::done;  // whatever follows
    if (i + 1 < kWords && end == std::string_view::npos) return Progress::failed;
    rest.remove_prefix(std::min(rest.size(), end == std::string_view::npos ? end : end + 1));
  }
  const bool v4 = words[1] == "TCP4";
  const auto client = parse_address(words[2]);
  const auto proxy = parse_address(words[3]);
  if ((!v4 && words[1] != "TCP6") || !client || !proxy || client->is_v4() != v4 ||
      proxy->is_v4() != v4 || !is_port(words[4]) || !is_port(words[5]))
    return Progress::failed;
  client_ = client->unmapped();
  return Progress::done;
}

ProxyHeaderReader::Progress ProxyHeaderReader::take_v2() {
  if (held_.size() < kSignature.size()) return more(kSignature.size() - held_.size());
  if (held_.size() < kFixedBytes) return more(kFixedBytes - held_.size());
  const auto length = static_cast<std::size_t>(static_cast<std::uint8_t>(held_[14])) << 8 |
                      static_cast<std::uint8_t>(held_[15]);
  const auto size = kFixedBytes + length;
  if (size > kMostBytes) return Progress::failed;
  if (held_.size() < size) return more(size - held_.size());
  return end_v2();
}

ProxyHeaderReader::Progress ProxyHeaderReader::end_v2() {
  WireReader reader({reinterpret_cast<const std::uint8_t*>(held_.data()), held_.size()});
  reader.bytes(kSignature.size());
  const auto version_and_command = reader.u8();
  const auto family_and_transport = reader.u8();
  reader.u16();
  const auto command = version_and_command & 0x0f;
  if (version_and_command >> 4 != 2 || command > 1) return Progress::failed;
  if (command == 0) return Progress::done;  // LOCAL: the rest is to be skipped unread
  const auto family = family_and_transport >> 4;
  const auto transport = family_and_transport & 0x0f;
  if (family > 3 || transport > 2) return Progress::failed;
  constexpr int kInet = 1, kInet6 = 2, kStream = 1;
  if (transport != kStream || (family != kInet && family != kInet6)) return Progress::done;
  const std::size_t address_bytes = family == kInet ? 4 : 16;
  const auto client = reader.bytes(address_bytes);
  reader.bytes(address_bytes);
  reader.u32();  // both ports
  if (!reader.ok() || !are_extensions(reader)) return Progress::failed;
  client_ = family == kInet ? IpAddress::v4(client.first<4>())
                            : IpAddress::v6(client.first<16>()).unmapped();
  return Progress::done;
}

}  // namespace meridian::edge
