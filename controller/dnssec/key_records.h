#pragma once

#include <cstdint>
#include <string>

#include "common/base/result.h"
#include "meridian/v1/distribution.pb.h"

namespace meridian::control {

/// A new key of this role and algorithm; its state is the caller's to set.
Result<v1::ZoneKey> make_zone_key(v1::KeyRole role, v1::DnssecAlgorithm algorithm);

/// Data of records that make a key known, as in a master file.
struct KeyRecords {
  std::uint16_t tag = 0;
  std::string dnskey;
  std::string ds;
};
/// `zone`: a Zone resource's name.
KeyRecords records_of(const std::string& zone, const v1::ZoneKey& key);

}  // namespace meridian::control
