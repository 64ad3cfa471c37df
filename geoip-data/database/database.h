#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/base/result.h"
#include "common/net/address.h"
#include "geoip-data/database/place.h"

namespace meridian {

/// A database of places or of autonomous systems, mapped into memory: nobody may write into its
/// file or shorten it (DatabaseStore keeps copies of its own for that reason). Takes
///   - the MaxMind format (.mmdb): cities, countries or autonomous systems, in the nested schema of
///     GeoIP2 or the flat one, IPv4, IPv6 or both;
///   - lists of autonomous systems (.csv): lines FIRST,LAST,NUMBER,NAME in ascending order.
class GeoDatabase {
 public:
  /// The Error says what the file is not. Reads no more than its ends.
  static Result<GeoDatabase> open(const std::filesystem::path& path);
  GeoDatabase(GeoDatabase&&) noexcept;
  GeoDatabase& operator=(GeoDatabase&&) noexcept;
  ~GeoDatabase();

  /// Reads it whole, once, in order. An Error for damage of any sort. Takes up to a second.
  Result<Layer> read() const;
  /// What was read of the file counts as memory of this process no longer; who looks again reads
  /// it anew, from the system's cache if it is there. Any thread, beside all others.
  void let_go_of_pages() const;

  /// What the database holds for one address. For explanations.
  struct Entry {
    Place place;
    IpPrefix prefix;            // that `place` is for
    std::string subdivision{};  // `US-CA`; empty: not known
    std::uint32_t asn = 0;      // 0: not known
    std::string asn_name{};
  };
  std::optional<Entry> find(const IpAddress& address) const;

  /// The same for the data path: what needs no memory of its own.
  struct Located {
    std::array<char, 2> country{};  // in capitals; zeros: not known
    std::uint32_t asn = 0;          // 0: not known
  };
  Located locate(const IpAddress& address) const;

  const std::string& path() const { return path_; }
  /// As its metadata says (`DBIP-City-Lite`).
  std::string type() const;
  /// When it was made, in seconds since 1970; 0: it does not say.
  std::uint64_t built() const;

 private:
  class Format;
  class Mmdb;
  class AsnCsv;
  GeoDatabase(std::string path, std::unique_ptr<const Format> format);

  std::string path_;
  std::unique_ptr<const Format> format_;
};

/// Files, and all `*.mmdb` and `*.csv` of directories in the order of their names.
Result<std::vector<std::filesystem::path>> database_files(
    const std::vector<std::filesystem::path>& paths);

/// Opens each of database_files().
Result<std::vector<GeoDatabase>> open_databases(const std::vector<std::filesystem::path>& paths);

/// Reads all, several at a time, and lets go of their pages; where the first knows nothing, the
/// second speaks, and so on.
Result<World> read_world(const std::vector<GeoDatabase>& databases);

}  // namespace meridian
