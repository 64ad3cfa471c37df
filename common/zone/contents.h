#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/base/result.h"
#include "common/zone/records.h"
#include "meridian/v1/config.pb.h"

namespace meridian::zone {

/// The most RRsets of one zone.
inline constexpr std::size_t kMostRecordSets = 250'000;

/// A record as a master file or a transfer gives it.
struct GivenRecord {
  Record record;
  std::string data;  // in master-file form, relative to the zone; empty: made of the wire form
  int line = 0;      // of a file, from 1
};

/// What records make of a zone.
struct Contents {
  /// `nameservers` to `records` and `mname` to `serial`: what records can say. Fields that would
  /// only repeat their default are left out.
  v1::Zone zone;
  /// Where each of the Zone's `records` began.
  std::vector<int> lines;
  /// What they say and a Zone does not: a sentence each.
  std::vector<std::string> left_out;
};

/// What is wrong with one record, or with all of them (line 0).
struct ContentsError {
  int line = 0;
  std::string what;
};

/// The Zone of all records of the zone `apex`, in the order in which its RRsets began. What an own
/// signer makes (RRSIG, NSEC...) is left out where the records are signed. `default_ttl`: of the
/// Zone; without one, the most common TTL. Pure.
Contents zone_contents(const WireName& apex, std::vector<GivenRecord> records,
                       std::optional<std::uint32_t> default_ttl,
                       std::vector<ContentsError>& errors);

/// `name` as fields of a Zone have it: relative to `apex` where it lies within, "@" for the apex,
/// else with a dot at the end.
std::string relative_text(const WireName& name, const WireName& apex);

/// The mail form of an RNAME and back (RFC 1035 section 8). None: it has no mail form.
std::optional<std::string> contact_of(const WireName& rname);
/// Empty: `hostmaster@` the zone.
Result<WireName> rname_of(const std::string& contact, const WireName& apex);

/// The SOA and TTLs of a Zone, defaults filled in.
struct ApexValues {
  std::uint32_t default_ttl, soa_ttl, nameservers_ttl;
  std::uint32_t refresh, retry, expire, negative_ttl;
};
/// The Error's `where` is the field.
Result<ApexValues> apex_values(const v1::Zone& zone);

}  // namespace meridian::zone
