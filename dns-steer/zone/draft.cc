#include "dns-steer/zone/draft.h"

#include <array>
#include <limits>
#include <span>
#include <utility>

namespace meridian::dns {
namespace {

// Of the SOA, for those who transfer zones: nobody transfers ours, so usual values do.
constexpr std::uint32_t kRefresh = 3600;
constexpr std::uint32_t kRetry = 600;
constexpr std::uint32_t kExpire = 1'209'600;
constexpr std::int64_t kMostTtl = 0x7fffffff;   // RFC 2181 section 8
constexpr std::size_t kMostSetOctets = 60'000;  // so that any set fits into a message

Result<std::uint32_t> seconds(bool given, const google::protobuf::Duration& duration,
                              std::uint32_t otherwise) {
  if (!given) return otherwise;
  if (duration.seconds() < 0 || duration.seconds() > kMostTtl || duration.nanos() != 0)
    return Error("is not a whole number of seconds from 0s to 2147483647s");
  return static_cast<std::uint32_t>(duration.seconds());
}

/// `hostmaster@shop.example` as a name: the part before the @ is one label (RFC 1035 section 8).
Result<zone::WireName> parse_contact(const std::string& contact, const zone::WireName& apex) {
  if (contact.empty()) return "\x0ahostmaster" + apex;
  const auto sign = contact.rfind('@');
  if (sign == std::string::npos || sign == 0 || sign > 63)
    return Error("'" + contact + "' is not a mail address such as hostmaster@shop.example");
  const auto domain = zone::parse_name(std::string_view(contact).substr(sign + 1));
  if (!domain) return domain.error();
  auto name = static_cast<char>(sign) + contact.substr(0, sign) + *domain;
  if (name.size() > kMostNameOctets) return Error("'" + contact + "' is too long for a name");
  return name;
}

std::string u32_octets(std::uint32_t value) {
  std::string octets;
  for (const int shift : {24, 16, 8, 0}) octets += static_cast<char>(value >> shift);
  return octets;
}

/// SOA and NS records of the apex, made from the zone's fields.
Result<void> add_apex(DraftZone& draft, const v1::Zone& zone, std::uint32_t ttl,
                      Revision revision) {
  auto& apex = add_node(draft, draft.apex);
  if (zone.nameservers().empty()) return Error("spec.nameservers", "is empty: a zone needs one");
  auto& servers = apex.sets[rr::kNs];
  for (int i = 0; i < zone.nameservers_size(); ++i) {
    auto server = zone::parse_relative_name(zone.nameservers(i), draft.apex);
    if (!server) return at("spec.nameservers[" + std::to_string(i) + "]", server.error());
    servers.push_back({draft.apex, rr::kNs, ttl, std::move(*server)});
  }
  const auto contact = parse_contact(zone.contact(), draft.apex);
  if (!contact) return at("spec.contact", contact.error());
  auto soa = servers.front().rdata + *contact;
  // The serial has 32 bits and wraps (RFC 1982).
  for (const auto field :
       {static_cast<std::uint32_t>(revision.value), kRefresh, kRetry, kExpire, draft.negative_ttl})
    soa += u32_octets(field);
  apex.sets[rr::kSoa].push_back({draft.apex, rr::kSoa, ttl, std::move(soa)});
  return {};
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
  const auto ttl = seconds(zone.has_default_ttl(), zone.default_ttl(), 300);
  if (!ttl) return at("spec.default_ttl", ttl.error());
  const auto negative = seconds(zone.has_negative_ttl(), zone.negative_ttl(), 60);
  if (!negative) return at("spec.negative_ttl", negative.error());
  draft.negative_ttl = *negative;
  if (auto added = add_apex(draft, zone, *ttl, revision); !added) return added.error();
  if (auto added = add_records(draft, zone, *ttl); !added) return added.error();
  return draft;
}

}  // namespace meridian::dns
