#pragma once

#include <array>
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <span>

#include "common/base/huge_pages.h"
#include "common/wire/wire_reader.h"
#include "dns-steer/zone/name.h"
#include "dns-steer/zone/name_table.h"

namespace meridian::dns {

/// A record as it goes into a message, without its owner: type, class, TTL, length, data. Names in
/// the data of the types of RFC 1035 that lie in the zone end in a pointer to the zone's apex,
/// which the message holds already; `apex_pointers` says where (0: none).
struct Record {
  std::uint32_t offset = 0;  // into ZoneData's octets
  std::uint16_t size = 0;
  std::array<std::uint16_t, 2> apex_pointers{};
};

/// All records of one owner and type.
struct RecordSet {
  std::uint16_t type = 0;
  std::uint16_t records = 0;
  std::uint32_t first_record = 0;
  // Nodes of the same zone whose addresses (for SVCB and HTTPS also whose sets of that type) belong
  // into the additional section.
  std::uint32_t first_additional = 0;
  std::uint32_t additionals = 0;
  // CNAME and DNAME: the target without compression.
  std::uint32_t target_offset = 0;
  std::uint16_t target_size = 0;
};

/// A name that exists in a zone; without sets and site it is an empty non-terminal (RFC 4592
/// section 2.2.2).
struct Node {
  std::uint32_t name_offset = 0;   // lower case, without compression
  std::uint32_t owner_offset = 0;  // labels before the apex, letter case as configured
  std::uint32_t first_set = 0;
  std::uint16_t sets = 0;
  std::uint8_t name_size = 0;
  std::uint8_t owner_size = 0;
  std::uint8_t apex_size = 0;  // of its zone's name
  std::uint32_t zone = kNone;
  // The outermost node that takes it out of the zone: a delegation that it is at or below, or a
  // DNAME that it is below.
  std::uint32_t cut = kNone;
  std::uint32_t wildcard = kNone;  // its child `*`
  std::uint32_t site = kNone;      // the site that steers A, AAAA and maybe HTTPS
  bool has_dname = false;          // what is below it is elsewhere
  bool steers_https = false;       // the site answers HTTPS too
};

struct Zone {
  std::uint32_t apex = kNone;
  bool has_shadowed = false;       // nodes that ZoneData::shadowed knows
  std::uint32_t first_record = 0;  // the SOA of negative answers (RFC 2308 section 3)
  // Its own part of nodes and sets.
  std::uint32_t first_node = 0;
  std::uint32_t nodes = 0;
  std::uint32_t first_set = 0;
  std::uint32_t sets = 0;
  std::uint32_t negative_ttl = 0;  // of denials, signed or not
  bool is_signed = false;
};

/// All zones, compiled: flat arrays that numbers point into. Immutable once built; any thread.
struct ZoneData {
  TableVector<std::uint8_t> octets;  // what belongs to a node lies together
  TableVector<Record> records;
  TableVector<RecordSet> sets;
  TableVector<std::uint32_t> additionals;
  TableVector<Node> nodes;
  TableVector<Zone> zones;
  /// Names -> nodes, each in the innermost zone around it: most queries end here.
  NameTable names;
  /// node_key(name, zone) -> nodes that lie in a zone inside theirs as well: what a parent holds of
  /// its child, such as glue.
  NameTable shadowed;
  NameTable zone_table;                      // apex name -> zone
  std::bitset<kMostLabels + 1> apex_labels;  // how many labels apexes have

  Bytes bytes(std::uint32_t offset, std::size_t size) const {
    return Bytes(octets).subspan(offset, size);
  }
  Bytes name(const Node& node) const { return bytes(node.name_offset, node.name_size); }
  Bytes owner(const Node& node) const { return bytes(node.owner_offset, node.owner_size); }
  std::uint32_t ttl(const RecordSet& set) const {
    constexpr std::size_t kBeforeTtl = 4;  // type, class
    return WireReader(bytes(records[set.first_record].offset + kBeforeTtl, 4)).u32();
  }
  std::span<const RecordSet> sets_of(const Node& node) const {
    return std::span(sets).subspan(node.first_set, node.sets);
  }
  /// Null: none of this type.
  const RecordSet* set_of(const Node& node, std::uint16_t type) const {
    for (const auto& set : sets_of(node)) {
      if (set.type == type) return &set;
    }
    return nullptr;
  }
};

/// Of a name that stands in a zone and in its parent.
inline std::uint64_t node_key(std::uint64_t name_hash, std::uint32_t zone) {
  return name_hash ^ (zone + std::uint64_t{1}) * 0x9e3779b97f4a7c15;
}

}  // namespace meridian::dns
