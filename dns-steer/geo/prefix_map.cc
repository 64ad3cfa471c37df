#include "dns-steer/geo/prefix_map.h"

#include <algorithm>

namespace meridian::dns {

template <class Key>
Ranges<Key> PrefixMap::ranges() const {
  std::vector<const Entry*> ours;
  for (const auto& entry : entries) {
    if (entry.prefix.address.bits() == kKeyBits<Key>) ours.push_back(&entry);
  }
  // What contains comes before what is contained.
  std::sort(ours.begin(), ours.end(),
            [](const Entry* a, const Entry* b) { return a->prefix < b->prefix; });
  struct Open {
    Key last;
    std::uint32_t value;
  };
  std::vector<Open> open;  // prefixes around the present address, the longest at the end
  Ranges<Key> ranges;
  ranges.append(0, 0);
  const auto close_before = [&](Key start) {
    while (!open.empty() && open.back().last < start) {
      const auto next = static_cast<Key>(open.back().last + 1);
      open.pop_back();
      ranges.append(next, open.empty() ? 0 : open.back().value);
    }
  };
  for (const auto* entry : ours) {
    const auto first = key_of<Key>(entry->prefix.address);
    close_before(first);
    const auto value = entry->list + 1;
    ranges.append(first, value);
    open.push_back({last_of<Key>(first, entry->prefix.length), value});
  }
  while (!open.empty() && open.back().last != static_cast<Key>(~Key{0})) {
    const auto next = static_cast<Key>(open.back().last + 1);
    open.pop_back();
    ranges.append(next, open.empty() ? 0 : open.back().value);
  }
  return ranges;
}

template Ranges<std::uint32_t> PrefixMap::ranges() const;
template Ranges<U128> PrefixMap::ranges() const;

}  // namespace meridian::dns
