#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "common/zone/records.h"

namespace meridian::zone {

/// Where the names of a type's data stand, for the types whose names may be compressed (RFC 3597
/// section 4: those of RFC 1035) or lead to more records: `names` of them, one after the other.
struct NamesInData {
  std::size_t offset = 0;
  int names = 0;
  bool compressible = false;
  bool last = true;  // nothing follows them
};
NamesInData names_in(std::uint16_t type);

/// Octets of the name without compression that begins at `at`; 0: none is there.
std::size_t name_size_at(const std::string& data, std::size_t at);

/// Every name stands where it should. RFC 3597 form lets any octets be the data of a known type.
bool has_well_formed_names(const Record& record);

}  // namespace meridian::zone
