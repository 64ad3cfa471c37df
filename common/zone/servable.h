#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "common/base/result.h"
#include "common/zone/contents.h"
#include "common/zone/records.h"

/// What a zone must be to be served. The controller asks here before it accepts one, and DNS nodes
/// read it by the same functions: a node that refused what all have been sent would stay on its old
/// revision, and so would all others. Pure.
namespace meridian::zone {

/// The most octets of one RRset: what fits into a message, with room to spare.
inline constexpr std::size_t kMostSetOctets = 60'000;
/// What a record adds to them: its data behind a compressed owner, type, class, TTL and length.
inline std::size_t octets_in_set(const std::string& rdata) { return rdata.size() + 12; }

/// What signing a zone makes (RFC 4034, RFC 5155, RFC 7344); in one that is changed or signed here
/// it would be wrong, or without its other half.
bool is_made_by_signing(std::uint16_t type);

/// What the fields of a Zone say of its apex.
struct Apex {
  std::vector<WireName> nameservers;
  WireName mname, rname;
  ApexValues values{};
};
/// The Error's `where` is the field ("spec.nameservers[1]").
Result<Apex> read_apex(const v1::Zone& zone, const WireName& apex);

/// Reads a Zone's `records`, one set after the other, and sees that they may stand together.
class SetReader {
 public:
  enum class Signing : std::uint8_t { none, here };

  SetReader(const WireName& apex, std::uint32_t default_ttl, Signing signing)
      : apex_(apex), default_ttl_(default_ttl), signing_(signing) {}

  /// The records of `spec.records[position]`. The Error's `where` is the field within the set;
  /// such a set counts as none.
  Result<std::vector<Record>> read(const v1::RecordSet& set, int position);

 private:
  using Types = std::map<std::uint16_t, int>;  // of one name -> positions
  Result<void> check_neighbours(std::uint16_t type, const Types& others, const WireName& owner,
                                const std::string& shown) const;

  WireName apex_;
  std::uint32_t default_ttl_;
  Signing signing_;
  std::unordered_map<WireName, Types> owners_;  // by lower-case name
};

}  // namespace meridian::zone
