// Any text as the data of a record set: it is refused with a reason, or the records can be written
// in the form of RFC 3597 and read again, and a client gets them from a zone as they are.
#include <algorithm>
#include <array>
#include <cstring>
#include <memory>
#include <optional>  // before ldns, which defines `false`
#include <string>

#include <ldns/ldns.h>

#include "common/zone/records.h"
#include "dns-steer/query/test_answers.h"
#include "dns-steer/zone/build.h"
#include "tests/fuzz/check.h"

namespace {

using namespace meridian;
using namespace meridian::dns;
using fuzz::require;

// CERT and IPSECKEY are left out: ldns loses octets over wrong ones.
constexpr std::array kTypes{
    "A",     "AAAA",  "NS",    "CNAME",  "DNAME",      "MX",       "TXT",  "SRV",  "CAA",
    "HTTPS", "SVCB",  "LOC",   "APL",    "NAPTR",      "DS",       "TLSA", "NSEC", "NSEC3",
    "RRSIG", "HINFO", "RP",    "AFSDB",  "OPENPGPKEY", "WKS",      "URI",  "HIP",  "EUI48",
    "EUI64", "CSYNC", "SSHFP", "ZONEMD", "DNSKEY",     "CDS",      "PTR",  "SPF",  "NID",
    "L32",   "LP",    "KX",    "PX",     "ISDN",       "TYPE65280"};
constexpr std::array kOwners{"www", "*", "a.b", "sub", "WwW"};

v1::Zone zone_with(const v1::RecordSet& set) {
  v1::Zone zone;
  zone.add_nameservers("ns1");
  *zone.add_records() = set;
  return zone;
}

std::string hex_form(const std::string& rdata) {
  std::string text = "\\# " + std::to_string(rdata.size()) + (rdata.empty() ? "" : " ");
  for (const char c : rdata) {
    static constexpr char kDigits[] = "0123456789abcdef";
    text += {kDigits[static_cast<unsigned char>(c) >> 4], kDigits[c & 15]};
  }
  return text;
}

using Answer = std::unique_ptr<ldns_pkt, decltype(&ldns_pkt_free)>;

Answer ask_for(ZoneData zones, const std::string& name, std::uint16_t type) {
  auto snapshot = std::make_shared<Snapshot>();
  snapshot->zones = std::move(zones);
  const Serving serving(std::move(snapshot), HealthView{});
  const auto answer = dns::testing::ask(serving, dns::testing::packet({.name = name, .type = type}),
                                        Transport::tcp);
  ldns_pkt* read = nullptr;
  require(ldns_wire2pkt(&read, answer.data(), answer.size()) == LDNS_STATUS_OK);
  return {read, &ldns_pkt_free};
}

/// The data of an answer's record without compression, in lower case: names inside the zone come in
/// the letters of the question.
std::string data_of(const ldns_rr* record) {
  const std::unique_ptr<ldns_buffer, decltype(&ldns_buffer_free)> wire(ldns_buffer_new(512),
                                                                       &ldns_buffer_free);
  require(ldns_rr_rdata2buffer_wire(wire.get(), record) == LDNS_STATUS_OK);
  return zone::lower({reinterpret_cast<const char*>(ldns_buffer_begin(wire.get())),
                      ldns_buffer_position(wire.get())});
}

void check_answer(const v1::RecordSet& set, const std::vector<zone::Record>& records) {
  auto zones = build_zones({{"shop.example", zone_with(set)}}, {}, Revision{1});
  if (!zones) return require(!zones.error().what.empty());
  const auto type = records.front().type;
  if (type == LDNS_RR_TYPE_NS && set.name() != "*") return;  // a delegation: no answer of ours
  const auto name = set.name() == "*" ? "any" : set.name();
  const auto answer = ask_for(std::move(*zones), name + ".shop.example", type);
  std::vector<std::string> told, wanted;
  for (std::size_t i = 0; i < ldns_pkt_ancount(answer.get()); ++i) {
    const auto* record = ldns_rr_list_rr(ldns_pkt_answer(answer.get()), i);
    if (ldns_rr_get_type(record) == type && told.size() < records.size())
      told.push_back(data_of(record));
  }
  for (const auto& record : records) wanted.push_back(zone::lower(record.rdata));
  std::ranges::sort(told);
  std::ranges::sort(wanted);
  require(told == wanted);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto origin = zone::parse_name("shop.example").value();
  if (size < 2) return 0;
  v1::RecordSet set;
  set.set_type(kTypes[data[0] % kTypes.size()]);
  set.set_name(kOwners[data[1] % kOwners.size()]);
  std::string_view text(reinterpret_cast<const char*>(data + 2), size - 2);
  while (!text.empty() && set.data_size() < 4) {  // one record a line
    const auto end = std::min(text.find('\n'), text.size());
    set.add_data(std::string(text.substr(0, end)));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  const auto records = zone::parse_record_set(set, origin, 300);
  if (!records) {
    require(!records.error().what.empty() && records.error().what.size() < 2000);
    return 0;
  }
  auto again = set;
  again.clear_data();
  for (const auto& record : *records) again.add_data(hex_form(record.rdata));
  const auto read = zone::parse_record_set(again, origin, 300);
  require(read && read->size() == records->size());
  for (std::size_t i = 0; i < records->size(); ++i)
    require((*read)[i].rdata == (*records)[i].rdata);
  check_answer(set, *records);
  return 0;
}
