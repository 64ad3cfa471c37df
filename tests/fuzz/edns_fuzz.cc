// Any octets as an OPT record, from behind its type on: what is taken from it keeps its bounds, a
// client subnet is what RFC 7871 allows, and the record of the answer is as long as was said.
#include <algorithm>
#include <array>

#include "dns-steer/query/edns.h"
#include "tests/fuzz/check.h"

namespace {

using namespace meridian;
using namespace meridian::dns;
using fuzz::require;

const IpAddress kClient = IpAddress::v4(0xc6336407);
constexpr std::uint32_t kTime = 1'800'000'000;
// The newer one came within the time that a cookie is good for.
constexpr std::array kMasters{CookieMaster{{1, 2, 3}, 0}, CookieMaster{{4, 5, 6}, kTime - 600}};

/// RFC 7871 section 6, decided bit by bit.
bool is_subnet(Bytes data) {
  if (data.size() < 4 || data[0] != 0 || data[3] != 0) return false;
  const auto family = data[1];
  const unsigned source = data[2];
  if (family > 2 || source > (family == 0 ? 0u : family == 1 ? 32u : 128u)) return false;
  if (data.size() != 4 + (source + 7) / 8) return false;
  for (unsigned bit = source; bit < (data.size() - 4) * 8; ++bit) {
    if ((data[4 + bit / 8] >> (7 - bit % 8) & 1) != 0) return false;
  }
  return true;
}

void check_subnet(Bytes data) {
  const auto subnet = parse_client_subnet(WireReader(data));
  require(subnet.has_value() == is_subnet(data));
  if (!subnet) return;
  std::array<std::uint8_t, 64> room;
  WireWriter out(room);
  write_client_subnet(out, *subnet, 24);
  require(out.ok() && out.position() == client_subnet_octets(*subnet));
  const auto written = out.written().subspan(4);  // code, length
  require(written.size() == data.size() && written[3] == (subnet->locates() ? 24 : 0));
  room[4 + 3] = 0;  // the scope, which a query has not
  require(std::ranges::equal(written, data));
}

/// A cookie is taken if and only if it is the one that we give for its time.
void check_cookies(Bytes cookie) {
  CookieKeys keys;
  const auto checked = check_cookie(keys, kMasters, cookie, kClient, kTime);
  require(std::ranges::equal(Bytes(checked.answer).first(8), cookie.first(8)));
  require(check_cookie(keys, kMasters, checked.answer, kClient, kTime).valid);
  const auto other = IpAddress::v4(0xc6336408);
  require(!check_cookie(keys, kMasters, checked.answer, other, kTime).valid);
  bool ours = false;
  if (cookie.size() == kFullCookieOctets) {
    WireReader reader(cookie.subspan(kClientCookieOctets));
    const auto head = reader.u32();
    const auto time = reader.u32();
    const auto& secret = keys.secret(master_at(kMasters, time), time);
    const auto made = make_cookie(secret, cookie.first(8), head, time, kClient);
    const auto age = static_cast<std::int32_t>(kTime - time);
    ours = head >> 24 == 1 && age <= 3600 && age >= -300 && std::ranges::equal(made, cookie);
  }
  require(checked.valid == ours);
}

/// The answer's record, written where there is barely room, and read again.
void check_answer(const Edns& edns, std::size_t spare) {
  EdnsAnswer answer;
  answer.present = true;
  answer.dnssec_ok = edns.dnssec_ok;
  static constexpr std::array<std::uint8_t, 5> kNsid{'d', 'n', 's', '-', '1'};
  if (edns.asks_nsid) answer.nsid = kNsid;
  if (edns.client_subnet) answer.client_subnet = &*edns.client_subnet;
  if (!edns.cookie.empty()) answer.cookie.emplace();
  if (edns.keepalive == Edns::Keepalive::asked) answer.keepalive = 100;
  if (edns.asks_padding) answer.padding_block = 128;
  answer.error = ExtendedError::prohibited;
  const auto least = edns_octets(answer);
  std::array<std::uint8_t, 2048> buffer;
  WireWriter out({buffer.data(), least + spare});
  constexpr std::size_t kBefore = 33;
  write_edns(out, answer, least, Rcode::bad_vers, kBefore);
  require(out.ok() && out.position() >= least);
  if (edns.asks_padding && spare >= 128 + 4 + 6) require((kBefore + out.position()) % 128 == 0);
  Edns again;
  WireReader reader(out.written().subspan(3));  // the root, the type
  require(parse_edns(reader, again) == OptRead::all && reader.remaining() == 0);
  require(again.dnssec_ok == edns.dnssec_ok && again.asks_nsid == edns.asks_nsid);
  require(again.client_subnet.has_value() == edns.client_subnet.has_value());
  require(again.cookie.empty() == edns.cookie.empty());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const Bytes octets(data + 1, size - 1);
  check_subnet(octets);
  if (is_cookie_size(octets.size())) check_cookies(octets);

  WireReader reader(octets);
  Edns edns;
  const auto read = parse_edns(reader, edns);
  require(reader.ok() == (read != OptRead::nothing));
  if (read != OptRead::all) {
    require(edns.cookie.empty() && !edns.client_subnet);
    return 0;
  }
  require(edns.cookie.empty() || is_cookie_size(edns.cookie.size()));
  if (edns.client_subnet) {
    const auto& subnet = *edns.client_subnet;
    require(prefix_of(subnet.address, subnet.source).address == subnet.address);
  }
  if (!edns.cookie.empty()) check_cookies(edns.cookie);
  check_answer(edns, data[0]);
  return 0;
}
