#include <utility>

#include "common/zone/contents.h"
#include "common/zone/master_file.h"

namespace meridian::zone {
namespace {

/// Of a comment: what a line end or a control character would make of it is no comment.
std::string harmless(std::string text) {
  for (auto& c : text) {
    if (static_cast<unsigned char>(c) < ' ' || c == 0x7f) c = '?';
  }
  return text;
}

}  // namespace

Result<std::string> write_master_file(const std::string& name, const v1::Zone& zone,
                                      const std::vector<std::string>& remarks) {
  const auto apex = parse_name(name);
  if (!apex) return at("name", apex.error());
  const auto values = apex_values(zone);
  if (!values) return values.error();
  const auto rname = rname_of(zone.contact(), *apex);
  if (!rname) return at("spec.contact", rname.error());
  if (zone.nameservers().empty()) return Error("spec.nameservers", "is empty: a zone needs one");

  std::string text;
  for (const auto& remark : remarks) text += "; " + harmless(remark) + "\n";
  text += "$ORIGIN " + name_text(*apex) + "\n$TTL " + std::to_string(values->default_ttl) + "\n";
  const auto& mname = zone.mname().empty() ? zone.nameservers(0) : zone.mname();
  text += "@ " + std::to_string(values->soa_ttl) + " IN SOA " + mname + " " + name_text(*rname);
  for (const auto number :
       {zone.serial(), values->refresh, values->retry, values->expire, values->negative_ttl})
    text += " " + std::to_string(number);
  text += "\n";
  for (const auto& server : zone.nameservers())
    text += "@ " + std::to_string(values->nameservers_ttl) + " IN NS " + server + "\n";
  for (int i = 0; i < zone.records_size(); ++i) {
    const auto& set = zone.records(i);
    const auto place = "spec.records[" + std::to_string(i) + "]";
    const auto records = parse_record_set(set, *apex, values->default_ttl);
    if (!records) return at(place, records.error());
    const auto head = relative_text(records->front().owner, *apex) + " " +
                      std::to_string(records->front().ttl) + " IN " +
                      type_text(records->front().type) + " ";
    for (const auto& data : set.data()) text += head + data + "\n";
  }
  return text;
}

}  // namespace meridian::zone
