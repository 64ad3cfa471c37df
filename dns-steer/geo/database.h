#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/base/result.h"
#include "common/net/address.h"
#include "dns-steer/geo/place.h"

struct MMDB_s;

namespace meridian::dns {

/// A database in the MaxMind format, mapped into memory: replace its file by renaming a new one
/// over it, never by writing into it. Takes the nested schema of GeoIP2 and the flat one, cities
/// or countries only, IPv4, IPv6 or both.
class GeoDatabase {
 public:
  /// The Error says what the file is not.
  static Result<GeoDatabase> open(const std::filesystem::path& path);

  /// Walks the tree once, in order. Places go into `world`; where `world` knows an address
  /// already, it stays as it is. An Error for a damaged tree leaves `world` unchanged.
  Result<void> read(World& world) const;

  /// What the database holds for one address, and for which prefix. For explanations.
  struct Entry {
    Place place;
    IpPrefix prefix;
  };
  std::optional<Entry> find(const IpAddress& address) const;

  const std::string& path() const { return path_; }
  /// As its metadata says (`DBIP-City-Lite`).
  std::string type() const;

 private:
  struct Close {
    void operator()(MMDB_s* database) const;
  };
  GeoDatabase(std::string path, std::unique_ptr<MMDB_s, Close> database);

  std::string path_;
  std::unique_ptr<MMDB_s, Close> database_;
};

/// Opens files, and all `*.mmdb` of directories in the order of their names.
Result<std::vector<GeoDatabase>> open_databases(const std::vector<std::filesystem::path>& paths);

}  // namespace meridian::dns
