#include "dns-steer/dnssec/chain.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

namespace meridian::dns {
namespace {

/// Octets that sort as the name does: labels from the last one on, each with an octet behind it
/// that comes before all that a longer label could have there.
std::string sort_key(Bytes name) {
  std::array<std::uint8_t, kMostLabels + 1> labels{};
  std::size_t count = 0;
  for (std::size_t at = 0; name[at] != 0; at += name[at] + std::size_t{1})
    labels[count++] = static_cast<std::uint8_t>(at);
  std::string key;
  while (count > 0) {
    const auto at = labels[--count];
    for (const auto octet : name.subspan(at + std::size_t{1}, name[at])) {
      if (octet <= 1) key += '\1';  // 0 ends a label
      key += static_cast<char>(octet <= 1 ? octet + 1 : octet);
    }
    key += '\0';
  }
  return key;
}

}  // namespace

std::vector<std::uint32_t> nsec_chain(const ZoneData& data, std::uint32_t zone) {
  const auto& part = data.zones[zone];
  std::vector<std::pair<std::string, std::uint32_t>> keyed;
  for (auto number = part.first_node; number < part.first_node + part.nodes; ++number) {
    const auto& node = data.nodes[number];
    const bool within = node.cut == kNone || node.cut == number;
    const bool empty = node.sets == 0 && node.site == kNone;
    if (within && !empty) keyed.emplace_back(sort_key(data.name(node)), number);
  }
  std::sort(keyed.begin(), keyed.end());
  std::vector<std::uint32_t> chain;
  chain.reserve(keyed.size());
  for (const auto& [key, number] : keyed) chain.push_back(number);
  return chain;
}

}  // namespace meridian::dns
