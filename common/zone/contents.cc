#include "common/zone/contents.h"

#include <algorithm>
#include <map>
#include <utility>

#include <ldns/ldns.h>

#include "common/zone/data.h"
#include "common/zone/names_in_data.h"
#include "common/zone/servable.h"

namespace meridian::zone {
namespace {

constexpr std::size_t kMostErrors = 20;

constexpr std::uint16_t kZoneMd = 63;  // RFC 8976: a digest of the zone as it was

struct Set {
  WireName owner;
  std::uint16_t type = 0;
  std::uint32_t ttl = 0;
  std::vector<GivenRecord> records;
  std::size_t octets = 0;
};

std::uint32_t u32_at(const std::string& octets, std::size_t at) {
  std::uint32_t value = 0;
  for (std::size_t i = at; i < at + 4; ++i)
    value = value << 8 | static_cast<unsigned char>(octets[i]);
  return value;
}

/// RFC 3597 form lets any octets be the data of a known type.
bool is_well_formed(const Record& record) {
  if (record.type != LDNS_RR_TYPE_SOA && record.type != LDNS_RR_TYPE_NS) return true;
  const auto first = name_size_at(record.rdata, 0);
  if (first == 0 || record.type == LDNS_RR_TYPE_NS)
    return first != 0 && first == record.rdata.size();
  const auto second = name_size_at(record.rdata, first);
  return second != 0 && first + second + 20 == record.rdata.size();
}

google::protobuf::Duration duration(std::uint32_t seconds) {
  google::protobuf::Duration duration;
  duration.set_seconds(seconds);
  return duration;
}

class Builder {
 public:
  Builder(const WireName& apex, std::vector<ContentsError>& errors)
      : apex_(apex), errors_(errors) {}

  void collect(std::vector<GivenRecord> records);
  Contents build(std::optional<std::uint32_t> default_ttl);

 private:
  void wrong(int line, std::string what) {
    if (errors_.size() < kMostErrors) errors_.push_back({line, std::move(what)});
  }
  void add(GivenRecord given);
  void say(std::size_t count, const std::string& what) {
    if (count > 0) contents_.left_out.push_back(std::to_string(count) + what);
  }
  std::uint32_t common_ttl() const;
  void put_soa(const Set& set, std::uint32_t default_ttl);
  void put_nameservers(const Set& set, std::uint32_t default_ttl);
  void put_records(const Set& set, std::uint32_t default_ttl);

  const WireName& apex_;
  std::vector<ContentsError>& errors_;
  Contents contents_;
  std::vector<Set> sets_;
  std::map<std::pair<WireName, std::uint16_t>, std::size_t> places_;
  std::size_t repeated_ = 0;
  std::size_t uneven_ = 0;
};

void Builder::collect(std::vector<GivenRecord> records) {
  const bool is_signed = std::any_of(records.begin(), records.end(), [](const auto& given) {
    return given.record.type == LDNS_RR_TYPE_RRSIG;
  });
  std::size_t signer = 0;
  std::size_t digests = 0;
  for (auto& given : records) {
    if (given.record.type == kZoneMd)
      ++digests;
    else if (is_signed && is_made_by_signing(given.record.type))
      ++signer;
    else
      add(std::move(given));
  }
  say(signer, " records of DNSSEC (RRSIG, NSEC, DNSKEY...): `sign: true` makes them anew");
  say(digests, " ZONEMD records: they are digests of the zone as it was");
  say(repeated_, " records that stand there twice");
  say(uneven_, " TTLs that differ within an RRset: the lowest holds (RFC 2181 section 5.2)");
}

void Builder::add(GivenRecord given) {
  auto& record = given.record;
  if (!is_within(record.owner, apex_))
    return wrong(given.line,
                 "'" + name_text(record.owner) + "' is outside the zone " + name_text(apex_));
  if (!is_well_formed(record))
    return wrong(given.line, "the data of the " + type_text(record.type) + " record is damaged");
  const auto [place, added] = places_.try_emplace({lower(record.owner), record.type}, sets_.size());
  if (added) {
    if (sets_.size() > kMostRecordSets) return;  // said once, below
    if (sets_.size() == kMostRecordSets)
      wrong(given.line, "the zone has more than " + std::to_string(kMostRecordSets) + " RRsets");
    sets_.push_back({record.owner, record.type, record.ttl, {}, 0});
  }
  if (place->second >= sets_.size()) return;
  auto& set = sets_[place->second];
  if (set.octets > kMostSetOctets) return;  // said already
  const bool twice = std::any_of(set.records.begin(), set.records.end(), [&](const auto& other) {
    return other.record.rdata == record.rdata;
  });
  if (twice) {
    ++repeated_;
    return;
  }
  if (record.ttl != set.ttl) ++uneven_;
  set.ttl = std::min(set.ttl, record.ttl);
  set.octets += octets_in_set(record.rdata);
  if (set.octets > kMostSetOctets)
    return wrong(given.line, "the RRset of '" + name_text(record.owner) + "' and type " +
                                 type_text(record.type) +
                                 " holds more than fits into a DNS message");
  set.records.push_back(std::move(given));
}

/// Of the TTLs that RRsets have, the one that most have; of several the lowest.
std::uint32_t Builder::common_ttl() const {
  std::map<std::uint32_t, std::size_t> counts;
  for (const auto& set : sets_) ++counts[set.ttl];
  const auto most =
      std::max_element(counts.begin(), counts.end(),
                       [](const auto& a, const auto& b) { return a.second < b.second; });
  return most == counts.end() ? 300 : most->first;
}

void Builder::put_soa(const Set& set, std::uint32_t default_ttl) {
  const auto& data = set.records.front().record.rdata;
  const auto mname_octets = name_size_at(data, 0);
  const auto rname_octets = name_size_at(data, mname_octets);
  const auto numbers = mname_octets + rname_octets;
  auto& zone = contents_.zone;
  zone.set_mname(relative_text(lower(data.substr(0, mname_octets)), apex_));
  const auto rname = data.substr(mname_octets, rname_octets);
  const auto usual = rname_of("", apex_);
  if (const auto contact = contact_of(rname); !contact) {
    contents_.left_out.push_back("the SOA's RNAME '" + name_text(rname) +
                                 "': it is no mail address; hostmaster@ the zone stands instead");
  } else if (!usual || lower(rname) != lower(*usual)) {
    zone.set_contact(*contact);
  }
  zone.set_serial(u32_at(data, numbers));
  const v1::Zone nothing;
  const auto usual_values = apex_values(nothing).value();
  const auto put = [&](std::size_t at, std::uint32_t otherwise, auto set_field) {
    const auto value = u32_at(data, numbers + at);
    if (value > 0x7fffffff) return wrong(set.records.front().line, "a time of the SOA is too long");
    if (value != otherwise) set_field(duration(value));
  };
  put(4, usual_values.refresh, [&](const auto& value) { *zone.mutable_refresh() = value; });
  put(8, usual_values.retry, [&](const auto& value) { *zone.mutable_retry() = value; });
  put(12, usual_values.expire, [&](const auto& value) { *zone.mutable_expire() = value; });
  put(16, usual_values.negative_ttl,
      [&](const auto& value) { *zone.mutable_negative_ttl() = value; });
  if (set.ttl != default_ttl) *zone.mutable_soa_ttl() = duration(set.ttl);
}

void Builder::put_nameservers(const Set& set, std::uint32_t default_ttl) {
  for (const auto& given : set.records)
    contents_.zone.add_nameservers(relative_text(lower(given.record.rdata), apex_));
  if (set.ttl != default_ttl) *contents_.zone.mutable_nameservers_ttl() = duration(set.ttl);
}

void Builder::put_records(const Set& set, std::uint32_t default_ttl) {
  auto& out = *contents_.zone.add_records();
  contents_.lines.push_back(set.records.front().line);
  out.set_name(relative_text(set.owner, apex_));
  out.set_type(type_text(set.type));
  if (set.ttl != default_ttl) *out.mutable_ttl() = duration(set.ttl);
  for (const auto& given : set.records)
    out.add_data(given.data.empty() ? data_text(set.type, given.record.rdata) : given.data);
}

Contents Builder::build(std::optional<std::uint32_t> default_ttl) {
  const auto ttl = default_ttl ? *default_ttl : common_ttl();
  if (ttl != apex_values({}).value().default_ttl)
    *contents_.zone.mutable_default_ttl() = duration(ttl);
  const Set* soa = nullptr;
  bool has_nameservers = false;
  for (const auto& set : sets_) {
    const bool at_apex = set.owner.size() == apex_.size();
    if (set.records.empty()) continue;
    if (set.type == LDNS_RR_TYPE_SOA) {
      if (!at_apex)
        wrong(set.records.front().line, "an SOA stands at the zone's own name only");
      else if (set.records.size() > 1)
        wrong(set.records[1].line, "a second SOA; a zone has one");
      else
        soa = &set;
    } else if (set.type == LDNS_RR_TYPE_NS && at_apex) {
      has_nameservers = true;
      put_nameservers(set, ttl);
    } else if (set.type == LDNS_RR_TYPE_CNAME && at_apex) {
      wrong(set.records.front().line, "a CNAME cannot stand beside the zone's SOA");
    } else {
      put_records(set, ttl);
    }
  }
  if (soa != nullptr)
    put_soa(*soa, ttl);
  else if (errors_.empty())
    wrong(0, "there is no SOA record of '" + name_text(apex_) + "'");
  if (!has_nameservers && errors_.empty())
    wrong(0, "there is no NS record of '" + name_text(apex_) + "'");
  auto& zone = contents_.zone;
  if (!zone.nameservers().empty() && zone.mname() == zone.nameservers(0)) zone.clear_mname();
  return std::move(contents_);
}

}  // namespace

Contents zone_contents(const WireName& apex, std::vector<GivenRecord> records,
                       std::optional<std::uint32_t> default_ttl,
                       std::vector<ContentsError>& errors) {
  Builder builder(apex, errors);
  builder.collect(std::move(records));
  return builder.build(default_ttl);
}

}  // namespace meridian::zone
