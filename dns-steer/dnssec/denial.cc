#include "dns-steer/dnssec/denial.h"

#include <algorithm>
#include <array>

namespace meridian::dns {
namespace {

/// The label after the one that `out` begins with: its last octet grows by one, octets that cannot
/// grow are cut off. Capitals are skipped, for they sort as their small letters do.
void increment_label(std::vector<std::uint8_t>& out) {
  std::size_t size = out[0];
  while (size > 0 && out[size] == 0xff) --size;
  if (size == 0) {  // all octets are the highest: the parent's next child does not exist
    out.erase(out.begin(), out.begin() + out[0] + 1);
    if (out[0] != 0) increment_label(out);
    return;
  }
  out[size] = static_cast<std::uint8_t>(out[size] + 1 == 'A' ? 'Z' + 1 : out[size] + 1);
  out.erase(out.begin() + static_cast<std::ptrdiff_t>(size) + 1, out.begin() + out[0] + 1);
  out[0] = static_cast<std::uint8_t>(size);
}

/// RFC 4034 section 4.1.2: for each window of 256 types its number, octets used, bits.
void append_types(std::vector<std::uint16_t>& types, std::vector<std::uint8_t>& out) {
  std::sort(types.begin(), types.end());
  for (auto at = types.begin(); at != types.end();) {
    const auto window = *at >> 8;
    std::array<std::uint8_t, 32> bits{};
    std::size_t used = 0;
    for (; at != types.end() && *at >> 8 == window; ++at) {
      const auto octet = static_cast<std::size_t>(*at & 0xff) / 8;
      bits[octet] = static_cast<std::uint8_t>(bits[octet] | 0x80 >> (*at & 7));
      used = octet + 1;
    }
    out.push_back(static_cast<std::uint8_t>(window));
    out.push_back(static_cast<std::uint8_t>(used));
    out.insert(out.end(), bits.begin(), bits.begin() + static_cast<std::ptrdiff_t>(used));
  }
}

}  // namespace

void next_name(Bytes name, std::vector<std::uint8_t>& out) {
  out.clear();
  if (name.size() + 2 <= kMostNameOctets) {
    out.push_back(1);
    out.push_back(0);
    out.insert(out.end(), name.begin(), name.end());
    return;
  }
  // Nothing can stand below this name.
  out.assign(name.begin(), name.end());
  if (name.size() < kMostNameOctets && name[0] < 63) {
    out.insert(out.begin() + name[0] + 1, 0);
    ++out[0];
  } else {
    increment_label(out);
  }
}

void nsec_data(Bytes name, std::vector<std::uint16_t>& types, std::vector<std::uint8_t>& out) {
  next_name(name, out);
  append_types(types, out);
}

void chain_nsec_data(Bytes next, std::vector<std::uint16_t>& types,
                     std::vector<std::uint8_t>& out) {
  out.assign(next.begin(), next.end());
  append_types(types, out);
}

}  // namespace meridian::dns
