#include "dns-steer/dnssec/zone_sets.h"

#include <array>
#include <span>

#include "dns-steer/dnssec/denial.h"
#include "dns-steer/dnssec/zone_signer.h"
#include "dns-steer/zone/record_type.h"

namespace meridian::dns {
namespace {

constexpr std::array kSteeredTypes{rr::kA, rr::kAaaa, rr::kHttps};

bool is_delegation(const ZoneData& data, std::uint32_t node) {
  return data.nodes[node].cut == node && !data.nodes[node].has_dname;
}

/// The data of a record, with the pointers to the apex written out.
void append_data(const ZoneData& data, const Record& record, Bytes apex,
                 std::vector<std::uint8_t>& out) {
  const auto body = data.bytes(record.offset, record.size);
  std::size_t at = kRecordHead;
  for (const std::size_t pointer : record.apex_pointers) {
    if (pointer == 0) continue;
    out.insert(out.end(), body.begin() + static_cast<std::ptrdiff_t>(at),
               body.begin() + static_cast<std::ptrdiff_t>(pointer));
    out.insert(out.end(), apex.begin(), apex.end());
    at = pointer + 2;
  }
  out.insert(out.end(), body.begin() + static_cast<std::ptrdiff_t>(at), body.end());
}

/// What stands at a node beside what is steered there.
void read_types(const ZoneData& data, std::uint32_t node, std::vector<std::uint16_t>& types) {
  const bool delegation = is_delegation(data, node);
  types.assign({rr::kRrsig, rr::kNsec});
  for (const auto& set : data.sets_of(data.nodes[node])) {
    // Beside a delegation only what the parent says of it (RFC 4034 section 4.1.2).
    if (!delegation || set.type == rr::kNs || set.type == rr::kDs) types.push_back(set.type);
  }
}

}  // namespace

void read_set(const ZoneData& data, const Node& node, const RecordSet& set, Bytes owner,
              CanonicalSet& out) {
  out.begin(owner, set.type, data.ttl(set));
  const auto apex = data.name(data.nodes[data.zones[node.zone].apex]);
  thread_local std::vector<std::uint8_t> room;
  for (const auto& record : std::span(data.records).subspan(set.first_record, set.records)) {
    const auto body = data.bytes(record.offset, record.size);
    if (record.apex_pointers[0] == 0 && record.apex_pointers[1] == 0) {
      out.add(body.subspan(kRecordHead));
      continue;
    }
    room.clear();
    append_data(data, record, apex, room);
    out.add(room);
  }
  out.finish();
}

bool is_signed(const ZoneData& data, std::uint32_t node, const RecordSet& set) {
  if (data.nodes[node].cut == kNone) return true;
  return is_delegation(data, node) && set.type == rr::kDs;
}

void read_nsec(const ZoneData& data, std::uint32_t node, Bytes owner, std::uint16_t absent,
               NsecRoom& room) {
  read_types(data, node, room.types);
  for (const auto type : steered_types(data.nodes[node])) {
    if (type != absent) room.types.push_back(type);
  }
  nsec_data(owner, room.types, room.data);
}

void read_chain_nsec(const ZoneData& data, std::uint32_t node, std::uint32_t next,
                     std::span<const std::uint16_t> steered, NsecRoom& room) {
  read_types(data, node, room.types);
  room.types.insert(room.types.end(), steered.begin(), steered.end());
  chain_nsec_data(data.name(data.nodes[next]), room.types, room.data);
}

void read_nsec_of_no_name(Bytes owner, NsecRoom& room) {
  room.types.assign({rr::kRrsig, rr::kNsec, rr::kNxname});
  nsec_data(owner, room.types, room.data);
}

std::span<const std::uint16_t> steered_types(const Node& node) {
  if (node.site == kNone) return {};
  return std::span(kSteeredTypes).first(node.steers_https ? 3 : 2);
}

}  // namespace meridian::dns
