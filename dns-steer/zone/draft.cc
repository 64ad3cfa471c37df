#include "dns-steer/zone/draft.h"

#include <algorithm>
#include <array>
#include <limits>
#include <span>
#include <utility>

#include "common/zone/contents.h"

namespace meridian::dns {
namespace {

constexpr std::size_t kMostSetOctets = 60'000;  // so that any set fits into a message

std::string u32_octets(std::uint32_t value) {
  std::string octets;
  for (const int shift : {24, 16, 8, 0}) octets += static_cast<char>(value >> shift);
  return octets;
}

/// SOA and NS records of the apex, made from the zone's fields.
Result<void> add_apex(DraftZone& draft, const v1::Zone& zone, const zone::ApexValues& values,
                      Revision revision) {
  auto& apex = add_node(draft, draft.apex);
  if (zone.nameservers().empty()) return Error("spec.nameservers", "is empty: a zone needs one");
  auto& servers = apex.sets[rr::kNs];
  for (int i = 0; i < zone.nameservers_size(); ++i) {
    auto server = zone::parse_relative_name(zone.nameservers(i), draft.apex);
    if (!server) return at("spec.nameservers[" + std::to_string(i) + "]", server.error());
    servers.push_back({draft.apex, rr::kNs, values.nameservers_ttl, std::move(*server)});
  }
  const auto contact = zone::rname_of(zone.contact(), draft.apex);
  if (!contact) return at("spec.contact", contact.error());
  auto soa = servers.front().rdata;
  if (!zone.mname().empty()) {
    auto mname = zone::parse_relative_name(zone.mname(), draft.apex);
    if (!mname) return at("spec.mname", mname.error());
    soa = std::move(*mname);
  }
  soa += *contact;
  // A controller that keeps no serials leaves the revision, cut to 32 bits.
  const auto serial =
      zone.serial() != 0 ? zone.serial() : static_cast<std::uint32_t>(revision.value);
  for (const auto field :
       {serial, values.refresh, values.retry, values.expire, values.negative_ttl})
    soa += u32_octets(field);
  apex.sets[rr::kSoa].push_back({draft.apex, rr::kSoa, values.soa_ttl, std::move(soa)});
  return {};
}

/// What signing makes cannot be there before (RFC 4034, RFC 5155, RFC 7344).
bool is_made_by_signing(std::uint16_t type) {
  constexpr std::array<std::uint16_t, 7> kTypes{rr::kRrsig,      rr::kNsec, rr::kDnskey, rr::kNsec3,
                                                rr::kNsec3param, rr::kCds,  rr::kCdnskey};
  return std::find(kTypes.begin(), kTypes.end(), type) != kTypes.end();
}

/// RFC 3597 form lets an operator write any octets as the data of a known type.
bool has_well_formed_names(const zone::Record& record) {
  const auto names = names_in(record.type);
  auto at = names.offset;
  for (int i = 0; i < names.names; ++i) {
    const auto size = name_size_at(record.rdata, at);
    if (size == 0) return false;
    at += size;
  }
  return names.names == 0 || !names.last || at == record.rdata.size();
}

Result<void> add_records(DraftZone& draft, const v1::Zone& zone, std::uint32_t ttl) {
  for (int i = 0; i < zone.records_size(); ++i) {
    const auto place = "spec.records[" + std::to_string(i) + "]";
    auto records = zone::parse_record_set(zone.records(i), draft.apex, ttl);
    if (!records) return at(place, records.error());
    if (zone.sign() && is_made_by_signing(records->front().type))
      return Error(place, "is of a type that signing the zone makes");
    std::size_t octets = 0;
    for (const auto& record : *records) {
      octets += record.rdata.size() + 12;
      if (!has_well_formed_names(record))
        return Error(place, "has no well-formed name in its data");
    }
    if (octets > kMostSetOctets || records->size() > std::numeric_limits<std::uint16_t>::max())
      return Error(place, "holds more than fits into a DNS message");
    auto& node = add_node(draft, zone::lower(records->front().owner));
    node.owner = records->front().owner;
    auto& set = node.sets[records->front().type];
    if (!set.empty())
      return Error(place, "there is a set of this name and type already; put all data into one");
    set = std::move(*records);
    // RFC 1034 section 3.6.2.
    if (node.sets.contains(rr::kCname) && node.sets.size() > 1)
      return Error(place, "a CNAME and other records cannot stand at the same name");
    // RFC 6672 section 2.3.
    if (node.sets.contains(rr::kDname) && node.sets.contains(rr::kNs) &&
        zone::lower(node.owner) != draft.apex)
      return Error(place, "a DNAME and a delegation cannot stand at the same name");
  }
  return {};
}

}  // namespace

NamesInData names_in(std::uint16_t type) {
  switch (type) {
    case rr::kNs:
    case rr::kCname:
    case rr::kPtr:
      return {0, 1, true};
    case rr::kMx:
      return {2, 1, true};
    case rr::kSrv:
      return {6, 1, false};
    case rr::kDname:
      return {0, 1, false};
    case rr::kSoa:
      return {0, 2, true};
    case rr::kSvcb:
    case rr::kHttps:
      return {2, 1, false, false};
    default:
      return {};
  }
}

std::size_t name_size_at(const std::string& data, std::size_t at) {
  std::size_t size = 0;
  for (;;) {
    if (at + size >= data.size()) return 0;
    const auto length = static_cast<unsigned char>(data[at + size]);
    if (length > 63) return 0;
    size += length + std::size_t{1};
    if (size > kMostNameOctets) return 0;
    if (length == 0) return size;
  }
}

zone::WireName parent_of(const zone::WireName& name) {
  return name.substr(static_cast<unsigned char>(name[0]) + std::size_t{1});
}

DraftNode& add_node(DraftZone& zone, const zone::WireName& name) {
  const auto [place, added] = zone.nodes.try_emplace(name);
  if (added) {
    place->second.owner = name;
    if (name != zone.apex) (void)add_node(zone, parent_of(name));
  }
  return place->second;
}

Result<DraftZone> draft_zone(const ZoneSource& source, Revision revision) {
  auto apex = zone::parse_name(source.name);
  if (!apex) return at("name", apex.error());
  DraftZone draft;
  draft.apex = zone::lower(std::move(*apex));
  const auto& zone = source.zone;
  const auto values = zone::apex_values(zone);
  if (!values) return values.error();
  draft.negative_ttl = values->negative_ttl;
  if (auto added = add_apex(draft, zone, *values, revision); !added) return added.error();
  if (auto added = add_records(draft, zone, values->default_ttl); !added) return added.error();
  draft.is_signed = !source.keys.empty();
  for (auto record : source.keys) {
    record.ttl = values->default_ttl;
    draft.nodes.at(draft.apex).sets[record.type].push_back(std::move(record));
  }
  return draft;
}

}  // namespace meridian::dns
