#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "dns-steer/dnssec/canonical.h"
#include "dns-steer/zone/zone_data.h"

/// What a zone signs, read from its compiled data. Pure.
namespace meridian::dns {

/// A set of `node` as `owner` has it: the node's own name, or one that the node's wildcard stands
/// for.
void read_set(const ZoneData& data, const Node& node, const RecordSet& set, Bytes owner,
              CanonicalSet& out);

/// Delegations and what lies below them are not the zone's to sign, but for DS (RFC 4035 section
/// 2.2); below a DNAME nothing is told.
bool is_signed(const ZoneData& data, std::uint32_t node, const RecordSet& set);

/// Room to build an NSEC record in.
struct NsecRoom {
  std::vector<std::uint16_t> types;
  std::vector<std::uint8_t> data;
};

/// Fills room.data with the NSEC record that says what types there are at `owner`, for which `node`
/// stands, without the type `absent` (0: all): a steered name may have no address just now.
void read_nsec(const ZoneData& data, std::uint32_t node, Bytes owner, std::uint16_t absent,
               NsecRoom& room);
/// The same for a whole copy of the zone: it covers all up to the node `next`. `steered`: the types
/// that steering has put there.
void read_chain_nsec(const ZoneData& data, std::uint32_t node, std::uint32_t next,
                     std::span<const std::uint16_t> steered, NsecRoom& room);
/// The same as the first for a name that does not exist.
void read_nsec_of_no_name(Bytes owner, NsecRoom& room);

/// The types that steering answers for at `node`; none if it is not steered.
std::span<const std::uint16_t> steered_types(const Node& node);

}  // namespace meridian::dns
