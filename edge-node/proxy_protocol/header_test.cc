#include "edge-node/proxy_protocol/header.h"

#include <algorithm>

#include <gtest/gtest.h>

namespace meridian::edge {
namespace {

using namespace std::string_literals;
using Progress = ProxyHeaderReader::Progress;

const std::string kSignature = "\r\n\r\n\0\r\nQUIT\n"s;

std::string v2(char command, char family, const std::string& rest) {
  return kSignature + command + family + static_cast<char>(rest.size() >> 8) +
         static_cast<char>(rest.size() & 0xff) + rest;
}
const std::string kInet = "\xc0\x00\x02\x07\xc6\x33\x64\x01\x30\x39\x01\xbb"s;
const std::string kInet6 =
    "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x07\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01"
    "\x30\x39\x01\xbb"s;

/// What the header says, read in pieces of at most `most` bytes: an address, "own" or "failed".
/// Whatever happens, nothing behind the header is asked for.
std::string read(const std::string& header, std::size_t most = std::string::npos) {
  ProxyHeaderReader reader;
  for (std::size_t at = 0;;) {
    const auto wanted = std::min(reader.wanted(), most);
    const auto piece = std::string_view(header).substr(at, wanted);
    if (piece.empty()) return "more";
    at += piece.size();
    const auto progress = reader.take(piece);
    if (progress == Progress::failed) return "failed";
    if (progress == Progress::more) continue;
    EXPECT_EQ(at, header.size());
    return reader.client() ? reader.client()->text() : "own";
  }
}

struct Case {
  const char* name;
  std::string header;
  std::string says;
};
void PrintTo(const Case& c, std::ostream* out) { *out << c.name; }
class ProxyHeader : public testing::TestWithParam<Case> {};

TEST_P(ProxyHeader, SaysTheSameHoweverItIsCut) {
  const auto& c = GetParam();
  for (const std::size_t most : {std::size_t{4096}, std::size_t{1}, std::size_t{2}, std::size_t{7}})
    EXPECT_EQ(read(c.header, most), c.says) << "in pieces of " << most;
  if (c.says == "failed") return;
  for (std::size_t size = 0; size < c.header.size(); ++size)
    EXPECT_EQ(read(c.header.substr(0, size)), "more") << "cut after " << size;
}

INSTANTIATE_TEST_SUITE_P(
    Good, ProxyHeader,
    testing::Values(Case{"Tcp4", "PROXY TCP4 192.0.2.7 198.51.100.1 56324 443\r\n", "192.0.2.7"},
                    Case{"Shortest", "PROXY TCP4 1.1.1.1 1.1.1.1 1 1\r\n", "1.1.1.1"},
                    Case{"Tcp6", "PROXY TCP6 2001:db8::7 2001:db8::1 56324 443\r\n", "2001:db8::7"},
                    Case{"Longest",
                         "PROXY TCP6 ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff "
                         "ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe 65535 65535\r\n",
                         "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"},
                    Case{"Mapped", "PROXY TCP6 ::ffff:192.0.2.7 ::1 1 1\r\n", "192.0.2.7"},
                    Case{"Unknown", "PROXY UNKNOWN\r\n", "own"},
                    Case{"UnknownWithAddresses", "PROXY UNKNOWN a b 1 2 and more\r\n", "own"},
                    Case{"Inet", v2(0x21, 0x11, kInet), "192.0.2.7"},
                    Case{"Inet6", v2(0x21, 0x21, kInet6), "2001:db8::7"},
                    Case{"Extensions", v2(0x21, 0x11, kInet + "\x02\x00\x03shp\xee\x00\x00"s),
                         "192.0.2.7"},
                    Case{"Local", v2(0x20, 0x00, ""), "own"},
                    Case{"LocalWithAnything", v2(0x20, 0x11, "xyz"), "own"},
                    Case{"Unspecified", v2(0x21, 0x00, "ignored"), "own"},
                    Case{"Unix", v2(0x21, 0x31, std::string(216, 'x')), "own"},
                    Case{"Largest", v2(0x20, 0x00, std::string(4080, 'x')), "own"}),
    [](const auto& test) { return test.param.name; });

INSTANTIATE_TEST_SUITE_P(
    Bad, ProxyHeader,
    testing::Values(Case{"Http", "GET / HTTP/1.1\r\nHost: a\r\n\r\n", "failed"},
                    Case{"Tls", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03xxx"s, "failed"},
                    Case{"LowerCase", "proxy TCP4 192.0.2.7 198.51.100.1 1 2\r\n", "failed"},
                    Case{"OtherFamily", "PROXY TCP4 2001:db8::7 2001:db8::1 1 2\r\n", "failed"},
                    Case{"MixedFamilies", "PROXY TCP4 192.0.2.7 2001:db8::1 1 2\r\n", "failed"},
                    Case{"NoFamily", "PROXY UDP4 192.0.2.7 198.51.100.1 1 2\r\n", "failed"},
                    Case{"TwoBlanks", "PROXY TCP4 192.0.2.7  198.51.100.1 1 2\r\n", "failed"},
                    Case{"WordTooMany", "PROXY TCP4 192.0.2.7 198.51.100.1 1 2 3\r\n", "failed"},
                    Case{"WordTooFew", "PROXY TCP4 192.0.2.77 198.51.100.1 1\r\n", "failed"},
                    Case{"NoAddress", "PROXY TCP4 shop.example 198.51.100.1 1 2\r\n", "failed"},
                    Case{"Port", "PROXY TCP4 192.0.2.7 198.51.100.1 1 65536\r\n", "failed"},
                    Case{"SignedPort", "PROXY TCP4 192.0.2.7 198.51.100.1 +1 2\r\n", "failed"},
                    Case{"BareLineFeed", "PROXY TCP4 192.0.2.7 198.51.100.1 1 22\n", "failed"},
                    Case{"NoEnd", "PROXY UNKNOWN " + std::string(200, 'x'), "failed"},
                    Case{"Version", v2(0x31, 0x11, kInet), "failed"},
                    Case{"Command", v2(0x22, 0x11, kInet), "failed"},
                    Case{"Family", v2(0x21, 0x41, kInet), "failed"},
                    Case{"Transport", v2(0x21, 0x13, kInet), "failed"},
                    Case{"AddressesCutShort", v2(0x21, 0x11, kInet.substr(1)), "failed"},
                    Case{"ExtensionCutShort", v2(0x21, 0x11, kInet + "\x02\x00\x04shp"s), "failed"},
                    Case{"TooLarge", v2(0x20, 0x00, std::string(4081, 'x')), "failed"}),
    [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace meridian::edge
