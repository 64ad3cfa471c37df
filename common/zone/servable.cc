#include "common/zone/servable.h"

#include <utility>

#include <ldns/ldns.h>

#include "common/zone/data.h"
#include "common/zone/names_in_data.h"

namespace meridian::zone {
namespace {

std::string position_text(int position) { return "spec.records[" + std::to_string(position) + "]"; }

/// The records of one set, whatever else stands in the zone.
Result<void> check_set(const std::vector<Record>& records) {
  std::size_t octets = 0;
  for (std::size_t i = 0; i < records.size(); ++i) {
    if (!has_well_formed_names(records[i]))
      return Error("data[" + std::to_string(i) + "]", "has no well-formed name in it");
    octets += octets_in_set(records[i].rdata);
  }
  if (octets > kMostSetOctets)
    return Error("the RRset of '" + name_text(records.front().owner) + "' and type " +
                 type_text(records.front().type) + " has " + std::to_string(octets) +
                 " octets, more than fit into a DNS message (" + std::to_string(kMostSetOctets) +
                 ")");
  return {};
}

}  // namespace

bool is_made_by_signing(std::uint16_t type) {
  switch (type) {
    case LDNS_RR_TYPE_RRSIG:
    case LDNS_RR_TYPE_NSEC:
    case LDNS_RR_TYPE_NSEC3:
    case LDNS_RR_TYPE_NSEC3PARAM:
    case LDNS_RR_TYPE_DNSKEY:
    case LDNS_RR_TYPE_CDS:
    case LDNS_RR_TYPE_CDNSKEY:
      return true;
    default:
      return false;
  }
}

Result<Apex> read_apex(const v1::Zone& zone, const WireName& apex) {
  const auto values = apex_values(zone);
  if (!values) return values.error();
  Apex read{.nameservers = {}, .mname = {}, .rname = {}, .values = *values};
  if (zone.nameservers().empty()) return Error("spec.nameservers", "is empty: a zone needs one");
  std::size_t octets = 0;
  for (int i = 0; i < zone.nameservers_size(); ++i) {
    auto server = parse_relative_name(zone.nameservers(i), apex);
    if (!server) return at("spec.nameservers[" + std::to_string(i) + "]", server.error());
    octets += octets_in_set(*server);
    read.nameservers.push_back(std::move(*server));
  }
  if (octets > kMostSetOctets)
    return Error("spec.nameservers", "are more than fit into a DNS message");
  auto rname = rname_of(zone.contact(), apex);
  if (!rname) return at("spec.contact", rname.error());
  read.rname = std::move(*rname);
  read.mname = read.nameservers.front();
  if (!zone.mname().empty()) {
    auto mname = parse_relative_name(zone.mname(), apex);
    if (!mname) return at("spec.mname", mname.error());
    read.mname = std::move(*mname);
  }
  return read;
}

Result<std::vector<Record>> SetReader::read(const v1::RecordSet& set, int position) {
  auto records = parse_record_set(set, apex_, default_ttl_);
  if (!records) return records;
  const auto& first = records->front();
  if (signing_ == Signing::here && is_made_by_signing(first.type))
    return Error(
        "type", "'" + set.type() +
                    "' records of a zone with `sign: true` are made by signing it; leave them out");
  if (auto good = check_set(*records); !good) return good.error();
  const auto owner = lower(first.owner);
  auto& types = owners_[owner];
  if (auto good = check_neighbours(first.type, types, owner, set.name()); !good)
    return good.error();
  types.emplace(first.type, position);
  return records;
}

Result<void> SetReader::check_neighbours(std::uint16_t type, const Types& others,
                                         const WireName& owner, const std::string& shown) const {
  if (const auto twin = others.find(type); twin != others.end())
    return Error("repeats the owner and type of " + position_text(twin->second) +
                 "; put all data into one");
  // RFC 1034 section 3.6.2.
  const auto alias = type == LDNS_RR_TYPE_CNAME ? others.begin() : others.find(LDNS_RR_TYPE_CNAME);
  if (alias != others.end())
    return Error("a CNAME stands alone at its name, but '" + shown + "' also has " +
                 position_text(alias->second));
  // RFC 6672 section 2.3.
  const auto other = type == LDNS_RR_TYPE_DNAME ? others.find(LDNS_RR_TYPE_NS)
                     : type == LDNS_RR_TYPE_NS  ? others.find(LDNS_RR_TYPE_DNAME)
                                                : others.end();
  if (other != others.end() && owner != lower(apex_))
    return Error("a DNAME cannot stand at a delegation, but '" + shown +
                 "' has NS and DNAME: see " + position_text(other->second));
  return {};
}

}  // namespace meridian::zone
