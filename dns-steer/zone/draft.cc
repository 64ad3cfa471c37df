#include "dns-steer/zone/draft.h"

#include <utility>

#include "common/zone/servable.h"

namespace meridian::dns {
namespace {

std::string u32_octets(std::uint32_t value) {
  std::string octets;
  for (const int shift : {24, 16, 8, 0}) octets += static_cast<char>(value >> shift);
  return octets;
}

/// SOA and NS records of the apex, made from the zone's fields.
void add_apex(DraftZone& draft, const v1::Zone& zone, zone::Apex from, Revision revision) {
  const auto& values = from.values;
  auto& apex = add_node(draft, draft.apex);
  auto soa = std::move(from.mname) + from.rname;
  // A controller that keeps no serials leaves the revision, cut to 32 bits.
  const auto serial =
      zone.serial() != 0 ? zone.serial() : static_cast<std::uint32_t>(revision.value);
  for (const auto field :
       {serial, values.refresh, values.retry, values.expire, values.negative_ttl})
    soa += u32_octets(field);
  apex.sets[rr::kSoa].push_back({draft.apex, rr::kSoa, values.soa_ttl, std::move(soa)});
  for (auto& server : from.nameservers)
    apex.sets[rr::kNs].push_back({draft.apex, rr::kNs, values.nameservers_ttl, std::move(server)});
}

Result<void> add_records(DraftZone& draft, const v1::Zone& zone, std::uint32_t ttl) {
  using Signing = zone::SetReader::Signing;
  zone::SetReader reader(draft.apex, ttl, zone.sign() ? Signing::here : Signing::none);
  for (int i = 0; i < zone.records_size(); ++i) {
    auto records = reader.read(zone.records(i), i);
    if (!records) return at("spec.records[" + std::to_string(i) + "]", records.error());
    auto& node = add_node(draft, zone::lower(records->front().owner));
    node.owner = records->front().owner;
    node.sets[records->front().type] = std::move(*records);
  }
  return {};
}

}  // namespace

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
  auto read = zone::read_apex(zone, draft.apex);
  if (!read) return read.error();
  const auto values = read->values;
  draft.negative_ttl = values.negative_ttl;
  add_apex(draft, zone, std::move(*read), revision);
  if (auto added = add_records(draft, zone, values.default_ttl); !added) return added.error();
  draft.is_signed = !source.keys.empty();
  for (auto record : source.keys) {
    record.ttl = values.default_ttl;
    draft.nodes.at(draft.apex).sets[record.type].push_back(std::move(record));
  }
  return draft;
}

}  // namespace meridian::dns
