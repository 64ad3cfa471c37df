#include "dns-steer/compile/geography.h"

#include <utility>

#include <malloc.h>

namespace meridian::dns {
namespace {

template <class T>
void append(std::string& key, const T& value) {
  key.append(reinterpret_cast<const char*>(&value), sizeof value);
}

/// All that a table depends on besides the databases.
std::string key_for(const std::vector<geo::Coordinates>& locations, const RankingRule& rule) {
  std::string key;
  append(key, rule.by);
  append(key, locations.size());
  for (const auto& location : locations) {
    append(key, location.latitude);
    append(key, location.longitude);
  }
  for (const auto& one : rule.overrides) {
    append(key, one.action);
    for (const auto& prefix : one.prefixes) key += prefix.text() + ",";
    key += ";";
    for (const auto& country : one.countries) key.append(country.data(), country.size());
    key += ";";
    for (const auto& continent : one.continents) key.append(continent.data(), continent.size());
    key += ";";
    for (const auto& subdivision : one.subdivisions) key += subdivision + ",";
    key += ";";
    for (const auto asn : one.asns) key += std::to_string(asn) + ",";
    key += ";";
    for (const auto location : one.locations) key += std::to_string(location) + ",";
    key += "\n";
  }
  return key;
}

}  // namespace

Result<std::vector<std::shared_ptr<const PlaceTable>>> Geography::tables(
    const std::vector<geo::Coordinates>& locations, const std::vector<RankingRule>& rules) {
  std::vector<std::shared_ptr<const PlaceTable>> result;
  std::map<std::string, std::shared_ptr<const PlaceTable>> used;
  std::optional<World> world;
  for (const auto& rule : rules) {
    const auto key = key_for(locations, rule);
    auto& table = used[key];
    if (const auto known = tables_.find(key); !table && known != tables_.end())
      table = known->second;
    if (!table) {
      if (!world) {
        auto read = read_world(databases_);
        if (!read) return read.error();
        world = std::move(*read);
      }
      table = std::make_shared<const PlaceTable>(compile_places(*world, locations, rule));
    }
    result.push_back(table);
  }
  tables_ = std::move(used);
  if (world) {
    world.reset();
    malloc_trim(0);  // hundreds of megabytes that will not be needed again soon
  }
  return result;
}

std::optional<GeoDatabase::Entry> Geography::find(const IpAddress& client) const {
  std::optional<GeoDatabase::Entry> place;
  std::optional<GeoDatabase::Entry> network;
  for (const auto& database : databases_) {
    auto entry = database.find(client);
    if (!entry) continue;
    if (!network && entry->asn != 0) network = *entry;
    if (!place && entry->place.is_known()) place = std::move(*entry);
  }
  if (!place) return network;
  if (network) {
    place->asn = network->asn;
    place->asn_name = network->asn_name;
  }
  return place;
}

}  // namespace meridian::dns
