#include "dns-steer/compile/prefix_maps.h"

#include <utility>
#include <vector>

namespace meridian::dns {

Result<void> PrefixMaps::add(const std::string& name, const v1::PrefixMap& from,
                             const FindLocation& find_location) {
  PrefixMap map;
  std::map<std::vector<LocationId>, std::uint32_t> lists;
  for (int i = 0; i < from.entries_size(); ++i) {
    const auto& entry = from.entries(i);
    const auto field = [i] { return "spec.entries[" + std::to_string(i) + "]"; };
    const auto prefix = parse_prefix(entry.prefix());
    if (!prefix) return at(field() + ".prefix", prefix.error());
    std::vector<LocationId> locations;
    for (const auto& text : entry.locations()) {
      const auto location = find_location(text);
      if (!location) return at(field() + ".locations", location.error());
      locations.push_back(*location);
    }
    const auto [list, added] =
        lists.try_emplace(std::move(locations), static_cast<std::uint32_t>(lists.size()));
    if (added) map.lists.push_back(list->first);
    map.entries.push_back({*prefix, list->second});
  }
  maps_[name] = std::make_shared<const PrefixMap>(std::move(map));
  return {};
}

Result<std::shared_ptr<const PrefixMap>> PrefixMaps::find(const std::string& name) const {
  if (name.empty()) return std::shared_ptr<const PrefixMap>();
  const auto known = maps_.find(name);
  if (known == maps_.end()) return Error("there is no prefix map '" + name + "'");
  return known->second;
}

}  // namespace meridian::dns
