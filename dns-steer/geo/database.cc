#include "dns-steer/geo/database.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <system_error>
#include <unordered_map>

#include <maxminddb.h>
#include <netinet/in.h>
#include <sys/socket.h>

namespace meridian::dns {
namespace {

std::optional<double> number(const MMDB_entry_data_s& data) {
  if (data.type == MMDB_DATA_TYPE_DOUBLE) return data.double_value;
  if (data.type == MMDB_DATA_TYPE_FLOAT) return data.float_value;
  return {};
}

/// The value at one of two paths; both schemas are common.
std::optional<MMDB_entry_data_s> value_at(MMDB_entry_s entry, const char* const* nested,
                                          const char* const* flat) {
  for (const auto* path : {nested, flat}) {
    MMDB_entry_data_s data;
    if (MMDB_aget_value(&entry, &data, path) == MMDB_SUCCESS && data.has_data) return data;
  }
  return {};
}

std::array<char, 2> country_of(const MMDB_entry_s& entry) {
  static constexpr const char* kNested[] = {"country", "iso_code", nullptr};
  static constexpr const char* kFlat[] = {"country_code", nullptr};
  const auto data = value_at(entry, kNested, kFlat);
  if (!data || data->type != MMDB_DATA_TYPE_UTF8_STRING || data->data_size != 2) return {};
  const std::array<char, 2> code{data->utf8_string[0], data->utf8_string[1]};
  const auto capital = [](char c) { return c >= 'A' && c <= 'Z'; };
  return capital(code[0]) && capital(code[1]) ? code : std::array<char, 2>{};
}

std::optional<geo::Coordinates> coordinates_of(const MMDB_entry_s& entry) {
  static constexpr const char* kNestedLatitude[] = {"location", "latitude", nullptr};
  static constexpr const char* kNestedLongitude[] = {"location", "longitude", nullptr};
  static constexpr const char* kFlatLatitude[] = {"latitude", nullptr};
  static constexpr const char* kFlatLongitude[] = {"longitude", nullptr};
  const auto latitude = value_at(entry, kNestedLatitude, kFlatLatitude);
  const auto longitude = value_at(entry, kNestedLongitude, kFlatLongitude);
  if (!latitude || !longitude) return {};
  const auto north = number(*latitude);
  const auto east = number(*longitude);
  if (!north || !east || !(std::abs(*north) <= 90) || !(std::abs(*east) <= 180)) return {};
  return geo::Coordinates{*north, *east};
}

Place decode(const MMDB_entry_s& entry) {
  Place place{coordinates_of(entry), country_of(entry)};
  if (!place.coordinates && place.has_country())
    place.coordinates = geo::country_centroid(place.country);
  return place;
}

/// One walk over one tree. IPv4 lies at ::/96 of a tree for IPv6.
class Walk {
 public:
  Walk(const MMDB_s& database, PlaceList& places) : database_(database), places_(places) {}

  /// False: the tree is damaged.
  bool run() {
    if (database_.metadata.ip_version == 4) return visit<std::uint32_t>(0, 0, 0, v4);
    return visit<U128>(0, 0, 0, v6);
  }

  PlaceRanges<std::uint32_t> v4;
  PlaceRanges<U128> v6;

 private:
  /// `number` is a node; it covers the addresses from `start` on, below `depth` bits of prefix.
  template <class Key>
  bool visit(std::uint32_t number, Key start, int depth, PlaceRanges<Key>& out) {
    // A tree visits each node once: more visits mean that nodes are shared or in a ring.
    if (depth >= kKeyBits<Key> || ++visited_ > database_.metadata.node_count) return false;
    MMDB_search_node_s node;
    if (MMDB_read_node(&database_, number, &node) != MMDB_SUCCESS) return false;
    const auto half = static_cast<Key>(Key{1} << (kKeyBits<Key> - depth - 1));
    return follow<Key>(node.left_record_type, node.left_record, node.left_record_entry, start,
                       depth + 1, out) &&
           follow<Key>(node.right_record_type, node.right_record, node.right_record_entry,
                       static_cast<Key>(start + half), depth + 1, out);
  }

  template <class Key>
  bool follow(std::uint8_t type, std::uint64_t record, const MMDB_entry_s& entry, Key start,
              int depth, PlaceRanges<Key>& out) {
    if constexpr (sizeof(Key) == 16) {
      if (is_v4_root(type, record, start, depth)) return follow_v4(type, record, entry, start);
    }
    switch (type) {
      case MMDB_RECORD_TYPE_SEARCH_NODE:
        return visit<Key>(static_cast<std::uint32_t>(record), start, depth, out);
      case MMDB_RECORD_TYPE_EMPTY:
        out.append(start, PlaceList::kUnknown);
        return true;
      case MMDB_RECORD_TYPE_DATA:
        out.append(start, place(entry));
        return true;
      default:
        return false;
    }
  }

  /// ::/96 itself, or one of the prefixes that databases alias to it (2002::/16, ::ffff:0:0/96).
  bool is_v4_root(std::uint8_t type, std::uint64_t record, U128 start, int depth) const {
    if (depth == 96 && start == 0) return true;
    return type == MMDB_RECORD_TYPE_SEARCH_NODE && database_.ipv4_start_node.netmask == 96 &&
           record == database_.ipv4_start_node.node_value;
  }

  bool follow_v4(std::uint8_t type, std::uint64_t record, const MMDB_entry_s& entry, U128 start) {
    v6.append(start, PlaceList::kUnknown);  // no client comes from these addresses
    if (start != 0) return true;
    if (type == MMDB_RECORD_TYPE_SEARCH_NODE)
      return visit<std::uint32_t>(static_cast<std::uint32_t>(record), 0, 0, v4);
    return follow<std::uint32_t>(type, record, entry, 0, 0, v4);
  }

  std::uint32_t place(const MMDB_entry_s& entry) {
    const auto [known, added] = by_offset_.try_emplace(entry.offset, 0);
    if (added) known->second = places_.add(decode(entry));
    return known->second;
  }

  const MMDB_s& database_;
  PlaceList& places_;
  std::unordered_map<std::uint32_t, std::uint32_t> by_offset_;  // data record -> place
  std::uint64_t visited_ = 0;
};

}  // namespace

void GeoDatabase::Close::operator()(MMDB_s* database) const {
  MMDB_close(database);
  delete database;
}

GeoDatabase::GeoDatabase(std::string path, std::unique_ptr<MMDB_s, Close> database)
    : path_(std::move(path)), database_(std::move(database)) {}

Result<GeoDatabase> GeoDatabase::open(const std::filesystem::path& path) {
  auto database = std::make_unique<MMDB_s>();
  const auto status = MMDB_open(path.c_str(), MMDB_MODE_MMAP, database.get());
  if (status != MMDB_SUCCESS)
    return Error(
        path, std::string("is not a database in the MaxMind format that can be read: ") +
                  (status == MMDB_FILE_OPEN_ERROR ? std::strerror(errno) : MMDB_strerror(status)));
  return GeoDatabase(path, std::unique_ptr<MMDB_s, Close>(database.release()));
}

Result<void> GeoDatabase::read(World& world) const {
  auto places = world.places;
  Walk walk(*database_, places);
  if (!walk.run()) return Error(path_, "has a damaged search tree");
  world.places = std::move(places);
  if (walk.v4.size() > 0) world.v4 = overlay(world.v4, walk.v4);
  if (walk.v6.size() > 0) world.v6 = overlay(world.v6, walk.v6);
  return {};
}

std::optional<GeoDatabase::Entry> GeoDatabase::find(const IpAddress& address) const {
  sockaddr_storage storage{};
  if (address.is_v4()) {
    auto& v4 = reinterpret_cast<sockaddr_in&>(storage);
    v4.sin_family = AF_INET;
    std::memcpy(&v4.sin_addr, address.bytes().data(), 4);
  } else {
    if (database_->metadata.ip_version == 4) return {};
    auto& v6 = reinterpret_cast<sockaddr_in6&>(storage);
    v6.sin6_family = AF_INET6;
    std::memcpy(&v6.sin6_addr, address.bytes().data(), 16);
  }
  int error = MMDB_SUCCESS;
  auto result =
      MMDB_lookup_sockaddr(database_.get(), reinterpret_cast<const sockaddr*>(&storage), &error);
  if (error != MMDB_SUCCESS || !result.found_entry) return {};
  const auto place = decode(result.entry);
  if (!place.coordinates && !place.has_country()) return {};
  int length = result.netmask;
  if (address.is_v4() && database_->metadata.ip_version == 6) length = std::max(0, length - 96);
  return Entry{place, prefix_of(address, length)};
}

std::string GeoDatabase::type() const { return database_->metadata.database_type; }

Result<std::vector<GeoDatabase>> open_databases(const std::vector<std::filesystem::path>& paths) {
  std::vector<std::filesystem::path> files;
  for (const auto& path : paths) {
    std::error_code error;
    if (!std::filesystem::is_directory(path, error)) {
      files.push_back(path);
      continue;
    }
    std::vector<std::filesystem::path> inside;
    for (const auto& entry : std::filesystem::directory_iterator(path, error)) {
      if (entry.path().extension() == ".mmdb") inside.push_back(entry.path());
    }
    if (error) return Error(path, "cannot be listed: " + error.message());
    if (inside.empty()) return Error(path, "holds no file that ends in .mmdb");
    std::sort(inside.begin(), inside.end());
    files.insert(files.end(), inside.begin(), inside.end());
  }
  std::vector<GeoDatabase> databases;
  for (const auto& file : files) {
    auto database = GeoDatabase::open(file);
    if (!database) return database.error();
    databases.push_back(std::move(*database));
  }
  return databases;
}

}  // namespace meridian::dns
