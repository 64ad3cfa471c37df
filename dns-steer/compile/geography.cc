#include "dns-steer/compile/geography.h"

#include <algorithm>
#include <set>
#include <system_error>
#include <utility>

#include <malloc.h>

#include "common/base/hash.h"
#include "common/disk/file.h"
#include "common/observe/log.h"
#include "dns-steer/geo/table_file.h"

namespace meridian::dns {
namespace {

constexpr std::size_t kSaved = 16;  // tables on disk; where there are more, the rest is compiled

template <class T>
void append(std::string& key, const T& value) {
  key.append(reinterpret_cast<const char*>(&value), sizeof value);
}

void append(std::string& key, const Override& one) {
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

/// All that a table depends on besides the databases, in short.
std::string key_for(const std::vector<geo::Coordinates>& locations, const RankingRule& rule) {
  std::string key = MERIDIAN_VERSION;
  append(key, rule.by);
  append(key, locations.size());
  for (const auto& location : locations) {
    append(key, location.latitude);
    append(key, location.longitude);
  }
  append(key, rule.among.size());
  for (const auto location : rule.among) append(key, location);
  append(key, rule.overrides.size());
  for (const auto& one : rule.overrides) append(key, one);
  if (rule.prefix_map) {
    for (const auto& list : rule.prefix_map->lists) {
      append(key, list.size());
      for (const auto location : list) append(key, location);
    }
    for (const auto& entry : rule.prefix_map->entries) {
      key.append(reinterpret_cast<const char*>(entry.prefix.address.bytes().data()),
                 entry.prefix.address.bytes().size());
      append(key, entry.prefix.length);
      append(key, entry.list);
    }
  }
  return to_hex(sha256(key));
}

std::filesystem::path table_path(const DatabaseSet& databases, const std::string& key) {
  return databases.directory / (key.substr(0, 32) + ".table");
}

/// What stands on disk under `key`; null: nothing that can be used.
std::shared_ptr<const PlaceTable> kept_table(const DatabaseSet& databases, const std::string& key) {
  if (databases.directory.empty()) return nullptr;
  auto table = load_table(table_path(databases, key), key);
  return table ? std::make_shared<const PlaceTable>(std::move(*table)) : nullptr;
}

}  // namespace

Geography::Geography(DatabaseSet databases)
    : databases_(std::make_shared<const DatabaseSet>(std::move(databases))) {}

Result<std::vector<std::shared_ptr<const PlaceTable>>> Geography::tables(
    const std::vector<geo::Coordinates>& locations, const std::vector<RankingRule>& rules) {
  std::shared_ptr<const DatabaseSet> databases;
  Tables known;
  {
    const std::lock_guard lock(mutex_);
    databases = databases_;
    known = tables_;
  }
  std::vector<std::shared_ptr<const PlaceTable>> result;
  Tables used;
  std::map<std::string, Input> inputs;
  std::optional<World> world;
  for (const auto& rule : rules) {
    const auto key = key_for(locations, rule);
    auto& table = used[key];
    if (const auto found = known.find(key); !table && found != known.end()) table = found->second;
    if (!table) table = kept_table(*databases, key);
    if (!table) {
      if (!world) {
        auto read = read_world(databases->databases);
        if (!read) return read.error();
        world = std::move(*read);
      }
      table = std::make_shared<const PlaceTable>(compile_places(*world, locations, rule));
    }
    inputs.try_emplace(key, Input{locations, rule});
    result.push_back(table);
  }
  if (world) {
    world.reset();
    malloc_trim(0);  // hundreds of megabytes that will not be needed again soon
    keep_on_disk(*databases, used);
  }
  const std::lock_guard lock(mutex_);
  tables_ = std::move(used);
  inputs_ = std::move(inputs);
  return result;
}

std::optional<GeoDatabase::Entry> find_place(const DatabaseSet& databases,
                                             const IpAddress& client) {
  std::optional<GeoDatabase::Entry> place;
  std::optional<GeoDatabase::Entry> network;
  for (const auto& database : databases.databases) {
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

Result<World> Geography::read() const { return read_world(databases()->databases); }

std::shared_ptr<const DatabaseSet> Geography::databases() const {
  const std::lock_guard lock(mutex_);
  return databases_;
}

Result<Geography::Change> Geography::prepare(DatabaseSet databases) const {
  Tables before;
  std::map<std::string, Input> inputs;
  {
    const std::lock_guard lock(mutex_);
    before = tables_;
    inputs = inputs_;
  }
  Change change{std::make_shared<const DatabaseSet>(std::move(databases)), {}, {}};
  {
    const auto world = read_world(change.databases->databases);
    if (!world) return world.error();
    for (const auto& [key, input] : inputs) {
      auto table =
          std::make_shared<const PlaceTable>(compile_places(*world, input.locations, input.rule));
      const auto moved = moved_share(*before.at(key), *table, *world);
      change.moved.v4 = std::max(change.moved.v4, moved.v4);
      change.moved.v6 = std::max(change.moved.v6, moved.v6);
      change.tables.emplace(key, std::move(table));
    }
  }
  malloc_trim(0);
  return change;
}

void Geography::commit(Change change) {
  keep_on_disk(*change.databases, change.tables);
  const std::lock_guard lock(mutex_);
  databases_ = std::move(change.databases);
  tables_ = std::move(change.tables);
}

void Geography::keep_on_disk(const DatabaseSet& databases, const Tables& tables) {
  if (databases.directory.empty()) return;
  // Nobody waits for it; only the one before it is waited for.
  keeping_ = std::async(std::launch::async, [directory = databases.directory, tables] {
    std::set<std::filesystem::path> wanted;
    std::error_code error;
    for (const auto& [key, table] : tables) {
      if (wanted.size() == kSaved) break;
      const auto path = directory / (key.substr(0, 32) + ".table");
      wanted.insert(path);
      if (std::filesystem::exists(path, error) && load_table(path, key)) continue;
      if (const auto saved = save_table(path, key, *table); !saved)
        log::warn("compiled table of places not kept", {{"reason", saved.error()}});
    }
    malloc_trim(0);  // as large as the tables themselves
    for (const auto& entry : std::filesystem::directory_iterator(directory, error)) {
      if (entry.path().extension() == ".table" && !wanted.contains(entry.path()))
        std::filesystem::remove(entry.path(), error);
    }
  });
}

}  // namespace meridian::dns
