#include "controller/gslbctl/zone_import.h"

#include <map>
#include <optional>
#include <set>
#include <utility>

#include "common/zone/contents.h"

namespace meridian::gslbctl {
namespace {

using zone::WireName;

/// The name of a site -> its hostnames in wire form, lower case.
std::map<WireName, std::string> steered_names(const std::vector<v1::Resource>& sites) {
  std::map<WireName, std::string> names;
  for (const auto& site : sites)
    for (const auto& hostname : site.site().hostnames()) {
      if (auto wire = zone::parse_name(hostname))
        names.emplace(zone::lower(std::move(*wire)), site.name());
    }
  return names;
}

/// A set in the form that tells equal ones, whatever their text.
struct SetKey {
  WireName owner;
  std::uint16_t type = 0;
  std::uint32_t ttl = 0;
  std::set<std::string> data;
  auto operator<=>(const SetKey&) const = default;
};

std::optional<SetKey> key_of(const v1::RecordSet& set, const WireName& apex, std::uint32_t ttl) {
  const auto records = zone::parse_record_set(set, apex, ttl);
  if (!records) return {};
  SetKey key{zone::lower(records->front().owner), records->front().type, records->front().ttl, {}};
  for (const auto& record : *records) key.data.insert(record.rdata);
  return key;
}

bool same(const zone::ApexValues& a, const zone::ApexValues& b) {
  return a.default_ttl == b.default_ttl && a.soa_ttl == b.soa_ttl &&
         a.nameservers_ttl == b.nameservers_ttl && a.refresh == b.refresh && a.retry == b.retry &&
         a.expire == b.expire && a.negative_ttl == b.negative_ttl;
}

/// Names of a field in wire form; none: one of them is no name.
template <class Names>
std::optional<std::vector<WireName>> wire_names(const Names& names, const WireName& apex) {
  std::vector<WireName> wires;
  for (const auto& name : names) {
    auto wire = zone::parse_relative_name(name, apex);
    if (!wire) return {};
    wires.push_back(zone::lower(std::move(*wire)));
  }
  return wires;
}

std::vector<std::string> mname_of(const v1::Zone& zone) {
  if (!zone.mname().empty()) return {zone.mname()};
  return zone.nameservers().empty() ? std::vector<std::string>{} : std::vector{zone.nameservers(0)};
}

/// Writes what both say as `held` does, field by field, as long as it means the same.
class Keeping {
 public:
  Keeping(v1::Zone held, v1::Zone& zone, const WireName& apex)
      : held_(std::move(held)), zone_(zone), apex_(apex) {}

  void header() {
    if (wire_names(held_.nameservers(), apex_) == wire_names(zone_.nameservers(), apex_))
      *zone_.mutable_nameservers() = held_.nameservers();
    if (wire_names(mname_of(held_), apex_) == wire_names(mname_of(zone_), apex_))
      zone_.set_mname(held_.mname());
    const auto ours = zone::rname_of(held_.contact(), apex_);
    const auto theirs = zone::rname_of(zone_.contact(), apex_);
    if (ours && theirs && *ours == *theirs) zone_.set_contact(held_.contact());
    for (const auto* field : {"default_ttl", "negative_ttl", "refresh", "retry", "expire",
                              "soa_ttl", "nameservers_ttl"})
      time(field);
  }

  /// What a master file says nothing about.
  void others() {
    const auto* type = v1::Zone::descriptor();
    const auto* reflection = held_.GetReflection();
    static const std::set<std::string> kSaid{
        "nameservers", "contact", "default_ttl", "negative_ttl", "records", "mname",
        "refresh",     "retry",   "expire",      "soa_ttl",      "serial",  "nameservers_ttl"};
    v1::Zone rest = held_;
    for (int i = 0; i < type->field_count(); ++i) {
      if (kSaid.contains(type->field(i)->name())) reflection->ClearField(&rest, type->field(i));
    }
    zone_.MergeFrom(rest);
  }

  void records(std::uint32_t ttl, std::uint32_t held_ttl) {
    std::map<SetKey, int> held;
    for (int i = 0; i < held_.records_size(); ++i) {
      if (auto key = key_of(held_.records(i), apex_, held_ttl)) held.emplace(std::move(*key), i);
    }
    int found = 0;
    for (auto& set : *zone_.mutable_records()) {
      const auto key = key_of(set, apex_, ttl);
      const auto twin = key ? held.find(*key) : held.end();
      if (twin == held.end()) continue;
      ++found;
      // Only where its TTL is not that of a default which is another now.
      if (held_.records(twin->second).has_ttl() || ttl == held_ttl)
        set = held_.records(twin->second);
    }
    if (found == zone_.records_size() && found == held_.records_size() && ttl == held_ttl)
      *zone_.mutable_records() = held_.records();
  }

 private:
  void time(const char* name) {
    const auto* field = v1::Zone::descriptor()->FindFieldByName(name);
    v1::Zone candidate;
    candidate.CopyFrom(times(zone_));
    const auto* reflection = candidate.GetReflection();
    reflection->ClearField(&candidate, field);
    if (reflection->HasField(held_, field))
      reflection->MutableMessage(&candidate, field)->CopyFrom(reflection->GetMessage(held_, field));
    const auto before = zone::apex_values(zone_);
    const auto after = zone::apex_values(candidate);
    if (!before || !after || !same(*before, *after)) return;
    reflection->ClearField(&zone_, field);
    if (reflection->HasField(held_, field))
      reflection->MutableMessage(&zone_, field)->CopyFrom(reflection->GetMessage(held_, field));
  }

  /// Without records: cheap to copy.
  static v1::Zone times(v1::Zone& zone) {
    google::protobuf::RepeatedPtrField<v1::RecordSet> records;
    records.Swap(zone.mutable_records());
    auto copy = zone;
    records.Swap(zone.mutable_records());
    return copy;
  }

  v1::Zone held_;
  v1::Zone& zone_;
  const WireName& apex_;
};

bool is_address_or_alias(const std::string& type) {
  return type == "A" || type == "AAAA" || type == "CNAME";
}

}  // namespace

ZoneImport zone_import(const zone::MasterFile& file, const std::string& path,
                       const v1::Resource* held, const std::vector<v1::Resource>& sites) {
  ZoneImport result;
  result.left_out = file.left_out;
  auto& document = result.document;
  document.file = path;
  document.line = 1;
  document.resource.set_name(file.name);
  auto& zone = *document.resource.mutable_zone();
  zone = file.zone;
  const auto apex = zone::parse_name(file.name).value();

  const auto steered = steered_names(sites);
  zone.clear_records();
  std::vector<int> lines;
  for (int i = 0; i < file.zone.records_size(); ++i) {
    const auto& set = file.zone.records(i);
    const auto owner = zone::parse_relative_name(set.name(), apex);
    const auto site = owner ? steered.find(zone::lower(*owner)) : steered.end();
    if (site != steered.end() && is_address_or_alias(set.type())) {
      result.left_out.push_back(
          path + ":" + std::to_string(file.lines[static_cast<std::size_t>(i)]) + ": " + set.name() +
          " " + set.type() + ": Site " + site->second + " steers this name");
      continue;
    }
    *zone.add_records() = set;
    lines.push_back(file.lines[static_cast<std::size_t>(i)]);
  }
  if (held != nullptr) {
    const auto ttl = zone::apex_values(zone);
    const auto held_ttl = zone::apex_values(held->zone());
    Keeping keeping(held->zone(), zone, apex);
    if (ttl && held_ttl) keeping.records(ttl->default_ttl, held_ttl->default_ttl);
    keeping.header();
    keeping.others();
  }
  for (std::size_t i = 0; i < lines.size(); ++i)
    document.lines["spec.records[" + std::to_string(i) + "]"] = lines[i];
  return result;
}

std::vector<std::string> steered_remarks(const std::string& zone,
                                         const std::vector<v1::Resource>& sites) {
  std::vector<std::string> remarks;
  const auto apex = zone::parse_name(zone);
  if (!apex) return remarks;
  for (const auto& [name, site] : steered_names(sites)) {
    if (zone::is_within(name, *apex))
      remarks.push_back(zone::name_text(name) + " A and AAAA: steered by Site " + site);
  }
  return remarks;
}

}  // namespace meridian::gslbctl
