#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "geoip-data/database/place.h"

namespace meridian {

/// What one record of a database in the MaxMind format holds. Views see the database.
struct GeoRecord {
  std::optional<geo::Coordinates> coordinates;
  std::string_view country;      // ISO 3166-1 alpha-2, in capitals; empty: not known
  std::string_view continent;    // in capitals; empty: not known
  std::string_view subdivision;  // what stands there: `CA`, or a name in flat databases
  std::uint32_t asn = 0;
  std::string_view asn_name;

  /// Country and subdivision in the form of ISO 3166-2 (`US-CA`); empty where one is not known.
  std::string subdivision_code() const;
  /// Where clients are: a country's middle where there are no coordinates, the continent of the
  /// country where none is named. The subdivision stays 0.
  Place place() const;
};

/// Reads the record at `offset` of a data section (MaxMind DB format 2.0) in one pass, in the
/// nested schema of GeoIP2 or the flat one. Nothing: it is damaged. Pure; any octets.
std::optional<GeoRecord> read_record(std::span<const std::uint8_t> section, std::size_t offset);

}  // namespace meridian
