#include "controller/transfer/zone_step.h"

#include <unordered_map>
#include <utility>

namespace meridian::control {
namespace {

constexpr std::uint16_t kTypeNs = 2;

/// Tells records of a zone apart; the TTL is no part of them.
std::string identity(const zone::Record& record) {
  return zone::lower(record.owner) + std::to_string(record.type) + ' ' + record.rdata;
}

Result<std::vector<zone::Record>> records_of(const zone::WireName& apex, const v1::Zone& zone) {
  const auto values = zone::apex_values(zone);
  if (!values) return values.error();
  std::vector<zone::Record> records;
  for (const auto& server : zone.nameservers()) {
    auto name = zone::parse_relative_name(server, apex);
    if (!name) return name.error();
    records.push_back({apex, kTypeNs, values->nameservers_ttl, std::move(*name)});
  }
  for (const auto& set : zone.records()) {
    auto read = zone::parse_record_set(set, apex, values->default_ttl);
    if (!read) return read.error();
    for (auto& record : *read) records.push_back(std::move(record));
  }
  return records;
}

}  // namespace

Result<std::vector<zone::GivenRecord>> take_steps(const zone::WireName& apex, const v1::Zone& held,
                                                  const std::vector<ZoneStep>& steps) {
  auto records = records_of(apex, held);
  if (!records) return records.error();
  std::unordered_map<std::string, std::size_t> places;  // in `records`
  for (std::size_t i = 0; i < records->size(); ++i) places.emplace(identity((*records)[i]), i);
  for (const auto& step : steps) {
    for (const auto& record : step.deleted) {
      if (places.erase(identity(record)) == 0)
        return Error("it deletes a record of " + zone::name_text(record.owner) +
                     " that is not held");
    }
    for (const auto& record : step.added) {
      if (!places.emplace(identity(record), records->size()).second)
        return Error("it adds a record of " + zone::name_text(record.owner) + " that is held");
      records->push_back(record);
    }
  }
  std::vector<zone::GivenRecord> left;
  for (std::size_t i = 0; i < records->size(); ++i) {
    const auto place = places.find(identity((*records)[i]));
    if (place != places.end() && place->second == i)
      left.push_back({std::move((*records)[i]), {}, 0});
  }
  return left;
}

}  // namespace meridian::control
