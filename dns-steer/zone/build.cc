#include "dns-steer/zone/build.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <set>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "common/zone/names_in_data.h"
#include "dns-steer/zone/draft.h"

namespace meridian::dns {
namespace {

Bytes as_bytes(const std::string& text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

/// The name whose addresses belong into the additional section (RFC 1034, RFC 2782, RFC 9460
/// section 4.1).
std::optional<zone::WireName> target_of(const zone::Record& record) {
  const bool service = rr::is_service(record.type);
  if (record.type != rr::kNs && record.type != rr::kMx && record.type != rr::kSrv && !service)
    return {};
  const auto at = zone::names_in(record.type).offset;
  auto target = zone::lower(record.rdata.substr(at, zone::name_size_at(record.rdata, at)));
  if (!service || target.size() > 1) return target;
  // The root stands for the owner, and in AliasMode for no service (RFC 9460 section 2.5).
  const bool alias_mode = record.rdata[0] == 0 && record.rdata[1] == 0;
  if (alias_mode) return {};
  return zone::lower(record.owner);
}

using Drafts = std::map<zone::WireName, DraftZone>;

/// Lays drafts out flat, one zone after the other.
class Layout {
 public:
  Layout(const Drafts& drafts, std::size_t nodes) {
    for (const auto& [apex, draft] : drafts) apexes_.insert(apex);
    data_.zone_table = NameTable(drafts.size());
    data_.names = NameTable(nodes);
    data_.nodes.reserve(nodes);
  }

  void add(const DraftZone& draft);
  ZoneData take();

 private:
  std::uint32_t put(const std::string& octets);
  void put_record(const zone::Record& record, std::uint32_t ttl);
  void put_set(const DraftZone& draft, const std::vector<zone::Record>& records);
  void put_node(const DraftZone& draft, const zone::WireName& name, const DraftNode& node);
  std::uint32_t cut_of(const DraftZone& draft, const zone::WireName& name) const;
  bool is_shadowed(const DraftZone& draft, const zone::WireName& name) const;

  ZoneData data_;
  std::unordered_set<zone::WireName> apexes_;
  std::vector<std::pair<std::uint64_t, std::uint32_t>> shadowed_;  // of ZoneData::shadowed
  const DraftZone* draft_ = nullptr;
  std::uint32_t zone_ = 0;                                    // being laid out
  std::unordered_map<zone::WireName, std::uint32_t> number_;  // of its nodes
};

std::uint32_t Layout::put(const std::string& octets) {
  const auto offset = static_cast<std::uint32_t>(data_.octets.size());
  data_.octets.insert(data_.octets.end(), octets.begin(), octets.end());
  return offset;
}

void Layout::put_record(const zone::Record& record, std::uint32_t ttl) {
  const auto& apex = draft_->apex;
  std::string body;
  const auto u16 = [&body](std::size_t value) {
    body += static_cast<char>(value >> 8);
    body += static_cast<char>(value);
  };
  u16(record.type);
  u16(1);  // class IN
  u16(ttl >> 16);
  u16(ttl & 0xffff);
  u16(0);  // the length, known below
  const auto data_at = body.size();

  Record flat;
  const auto names = zone::names_in(record.type);
  body.append(record.rdata, 0, names.offset);
  auto at = names.offset;
  for (int i = 0; i < names.names; ++i) {
    const auto name = record.rdata.substr(at, zone::name_size_at(record.rdata, at));
    at += name.size();
    if (names.compressible && apex.size() > 2 && zone::is_within(name, apex)) {
      body.append(name, 0, name.size() - apex.size());
      flat.apex_pointers[static_cast<std::size_t>(i)] = static_cast<std::uint16_t>(body.size());
      u16(0);  // patched in the message
    } else {
      body += name;
    }
  }
  body.append(record.rdata, at);
  const auto length = body.size() - data_at;
  body[data_at - 2] = static_cast<char>(length >> 8);
  body[data_at - 1] = static_cast<char>(length);
  flat.offset = put(body);
  flat.size = static_cast<std::uint16_t>(body.size());
  data_.records.push_back(flat);
}

void Layout::put_set(const DraftZone& draft, const std::vector<zone::Record>& records) {
  RecordSet set;
  set.type = records.front().type;
  set.records = static_cast<std::uint16_t>(records.size());
  set.first_record = static_cast<std::uint32_t>(data_.records.size());
  for (const auto& record : records) put_record(record, record.ttl);
  if (set.type == rr::kCname || set.type == rr::kDname) {
    set.target_size = static_cast<std::uint16_t>(records.front().rdata.size());
    set.target_offset = put(records.front().rdata);
  }
  set.first_additional = static_cast<std::uint32_t>(data_.additionals.size());
  std::set<zone::WireName> targets;
  for (const auto& record : records) {
    const auto target = target_of(record);
    if (!target || !targets.insert(*target).second) continue;
    const auto node = draft.nodes.find(*target);
    if (node == draft.nodes.end()) continue;
    // What lies below a delegation is not ours to tell, but to find the way there.
    if (set.type != rr::kNs && cut_of(draft, *target) != kNone) continue;
    const auto& sets = node->second.sets;
    if (sets.contains(rr::kA) || sets.contains(rr::kAaaa) ||
        (rr::is_service(set.type) && sets.contains(set.type)))
      data_.additionals.push_back(number_.at(*target));
  }
  set.additionals = static_cast<std::uint32_t>(data_.additionals.size()) - set.first_additional;
  data_.sets.push_back(set);
}

/// As Node::cut says; what a wildcard owns is no delegation (RFC 4592 section 4.2).
std::uint32_t Layout::cut_of(const DraftZone& draft, const zone::WireName& name) const {
  auto cut = kNone;
  for (auto at = name;; at = parent_of(at)) {
    const auto& sets = draft.nodes.at(at).sets;
    const bool delegation =
        at != draft.apex && sets.contains(rr::kNs) && !is_wildcard(as_bytes(at));
    const bool redirection = at != name && sets.contains(rr::kDname);
    if (delegation || redirection) cut = number_.at(at);
    if (at == draft.apex) return cut;
  }
}

/// Another zone lies between the name and its apex.
bool Layout::is_shadowed(const DraftZone& draft, const zone::WireName& name) const {
  for (auto at = name; at != draft.apex; at = parent_of(at)) {
    if (apexes_.contains(at)) return true;
  }
  return false;
}

void Layout::put_node(const DraftZone& draft, const zone::WireName& name, const DraftNode& node) {
  Node flat;
  flat.name_offset = put(name);
  flat.name_size = static_cast<std::uint8_t>(name.size());
  flat.owner_size = static_cast<std::uint8_t>(name.size() - draft.apex.size());
  flat.owner_offset = put(node.owner.substr(0, flat.owner_size));
  flat.apex_size = static_cast<std::uint8_t>(draft.apex.size());
  flat.zone = zone_;
  flat.cut = cut_of(draft, name);
  if (const auto child = number_.find(std::string("\x01*") + name); child != number_.end())
    flat.wildcard = child->second;
  flat.site = node.site;
  flat.steers_https = node.steers_https;
  flat.has_dname = node.sets.contains(rr::kDname);
  flat.first_set = static_cast<std::uint32_t>(data_.sets.size());
  flat.sets = static_cast<std::uint16_t>(node.sets.size());
  for (const auto& [type, records] : node.sets) put_set(draft, records);
  LookupName lookup;
  lookup.assign(as_bytes(name));
  if (is_shadowed(draft, name)) {
    shadowed_.emplace_back(node_key(lookup.hash(0), zone_), number_.at(name));
    data_.zones[zone_].has_shadowed = true;
  } else {
    data_.names.insert(lookup.hash(0), number_.at(name));
  }
  data_.nodes.push_back(flat);
}

void Layout::add(const DraftZone& draft) {
  draft_ = &draft;
  zone_ = static_cast<std::uint32_t>(data_.zones.size());
  number_.clear();
  auto number = static_cast<std::uint32_t>(data_.nodes.size());
  for (const auto& [name, node] : draft.nodes) number_.emplace(name, number++);

  Zone zone;
  zone.apex = number_.at(draft.apex);
  LookupName lookup;
  lookup.assign(as_bytes(draft.apex));
  data_.apex_labels.set(lookup.labels());
  data_.zone_table.insert(lookup.hash(0), zone_);
  // A negative answer's SOA lives as long as the answer may be cached (RFC 2308 section 3).
  const auto& soa = draft.nodes.at(draft.apex).sets.at(rr::kSoa).front();
  zone.first_record = static_cast<std::uint32_t>(data_.records.size());
  zone.negative_ttl = std::min(soa.ttl, draft.negative_ttl);
  put_record(soa, zone.negative_ttl);
  zone.first_node = static_cast<std::uint32_t>(data_.nodes.size());
  zone.first_set = static_cast<std::uint32_t>(data_.sets.size());
  zone.is_signed = draft.is_signed;
  data_.zones.push_back(zone);
  for (const auto& [name, node] : draft.nodes) put_node(draft, name, node);
  auto& placed = data_.zones.back();
  placed.nodes = static_cast<std::uint32_t>(data_.nodes.size()) - placed.first_node;
  placed.sets = static_cast<std::uint32_t>(data_.sets.size()) - placed.first_set;
}

ZoneData Layout::take() {
  data_.shadowed = NameTable(shadowed_.size());
  for (const auto& [key, node] : shadowed_) data_.shadowed.insert(key, node);
  return std::move(data_);
}

Result<void> add_steered(Drafts& drafts, const SteeredName& steered) {
  const auto place = "hostname " + steered.hostname;
  const auto parsed = zone::parse_name(steered.hostname);
  if (!parsed) return at(place, parsed.error());
  const auto name = zone::lower(*parsed);
  auto inner = name;
  auto zone = drafts.find(inner);
  while (zone == drafts.end() && inner.size() > 1) {
    inner = parent_of(inner);
    zone = drafts.find(inner);
  }
  if (zone == drafts.end()) return {};
  auto& node = add_node(zone->second, name);
  if (node.site != kNone) return Error(place, "belongs to two sites");
  for (const auto type : {rr::kA, rr::kAaaa, rr::kCname}) {
    if (node.sets.contains(type))
      return Error(place, "has static A, AAAA or CNAME records in its zone, and a site");
  }
  if (steered.https && node.sets.contains(rr::kHttps))
    return Error(place, "has static HTTPS records in its zone, and a site with `https_record`");
  node.site = steered.site;
  node.steers_https = steered.https;
  return {};
}

}  // namespace

Result<ZoneData> build_zones(const std::vector<ZoneSource>& zones,
                             const std::vector<SteeredName>& steered, Revision revision) {
  Drafts drafts;
  for (const auto& source : zones) {
    auto draft = draft_zone(source, revision);
    if (!draft) return at("zone " + source.name, draft.error());
    const auto apex = draft->apex;
    if (!drafts.emplace(apex, std::move(*draft)).second)
      return Error("zone " + source.name, "is there twice");
  }
  for (const auto& name : steered) {
    if (auto added = add_steered(drafts, name); !added) return added.error();
  }
  std::size_t nodes = 0;
  for (const auto& [apex, draft] : drafts) nodes += draft.nodes.size();
  Layout layout(drafts, nodes);
  for (const auto& [apex, draft] : drafts) layout.add(draft);
  auto data = layout.take();
  if (data.octets.size() > std::numeric_limits<std::uint32_t>::max())
    return Error("zones", "hold more than 4 GiB of records");
  return data;
}

}  // namespace meridian::dns
