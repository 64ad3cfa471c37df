#include "common/zone/message.h"

#include <memory>
#include <string>

#include <ldns/ldns.h>

namespace meridian::zone {
namespace {

struct Free {
  void operator()(ldns_pkt* packet) const { ldns_pkt_free(packet); }
  void operator()(ldns_buffer* buffer) const { ldns_buffer_free(buffer); }
};
template <class T>
using Owned = std::unique_ptr<T, Free>;

Result<Record> record_of(const ldns_rr& from) {
  if (ldns_rr_get_class(&from) != LDNS_RR_CLASS_IN) return Error("holds a record of another class");
  const Owned<ldns_buffer> wire(ldns_buffer_new(512));
  if (!wire || ldns_rr_rdata2buffer_wire(wire.get(), &from) != LDNS_STATUS_OK)
    return Error("holds a record that is malformed");
  const auto* owner = ldns_rr_owner(&from);
  Record record;
  record.owner.assign(reinterpret_cast<const char*>(ldns_rdf_data(owner)), ldns_rdf_size(owner));
  record.type = static_cast<std::uint16_t>(ldns_rr_get_type(&from));
  record.ttl = ldns_rr_ttl(&from);
  if (record.ttl > 0x7fffffff) record.ttl = 0;  // RFC 2181 section 8
  record.rdata.assign(reinterpret_cast<const char*>(ldns_buffer_begin(wire.get())),
                      ldns_buffer_position(wire.get()));
  return record;
}

}  // namespace

Result<std::vector<Record>> answer_records(std::span<const std::uint8_t> message) {
  ldns_pkt* read = nullptr;
  const auto status = ldns_wire2pkt(&read, message.data(), message.size());
  const Owned<ldns_pkt> packet(read);
  if (status != LDNS_STATUS_OK || !packet)
    return Error(std::string("is malformed: ") + ldns_get_errorstr_by_id(status));
  const auto* answers = ldns_pkt_answer(packet.get());
  std::vector<Record> records;
  for (std::size_t i = 0; i < ldns_rr_list_rr_count(answers); ++i) {
    auto record = record_of(*ldns_rr_list_rr(answers, i));
    if (!record) return record.error();
    records.push_back(std::move(*record));
  }
  return records;
}

}  // namespace meridian::zone
