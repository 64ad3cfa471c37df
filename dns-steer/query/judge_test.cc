#include "dns-steer/query/judge.h"

#include <cstdlib>
#include <memory>

#include <ldns/ldns.h>

namespace meridian::dns::testing {
namespace {

struct Free {
  void operator()(ldns_pkt* packet) const { ldns_pkt_free(packet); }
  void operator()(ldns_rr_list* list) const { ldns_rr_list_free(list); }
};
using PacketPtr = std::unique_ptr<ldns_pkt, Free>;
using ListPtr = std::unique_ptr<ldns_rr_list, Free>;

PacketPtr read(const Packet& message) {
  ldns_pkt* packet = nullptr;
  if (ldns_wire2pkt(&packet, message.data(), message.size()) != LDNS_STATUS_OK) return nullptr;
  return PacketPtr(packet);
}

std::string text_of(const ldns_rr* record) {
  char* text = ldns_rr2str(record);
  std::string result = text;
  std::free(text);
  if (!result.empty()) result.pop_back();
  return result;
}

/// DNSKEY records of all the answers; they belong to the caller's packets.
ListPtr keys_in(const std::vector<PacketPtr>& answers) {
  ListPtr keys(ldns_rr_list_new());
  for (const auto& answer : answers) {
    const auto* records = ldns_pkt_answer(answer.get());
    for (std::size_t i = 0; i < ldns_rr_list_rr_count(records); ++i) {
      auto* record = ldns_rr_list_rr(records, i);
      if (ldns_rr_get_type(record) == LDNS_RR_TYPE_DNSKEY) ldns_rr_list_push_rr(keys.get(), record);
    }
  }
  return keys;
}

class Section {
 public:
  Section(const ldns_rr_list* records, const ldns_rr_list* keys) : all_(records), keys_(keys) {}

  std::size_t size() const { return ldns_rr_list_rr_count(all_); }
  ldns_rr* at(std::size_t i) const { return ldns_rr_list_rr(all_, i); }

  bool has(ldns_rr_type type, const ldns_rdf* owner) const {
    for (std::size_t i = 0; i < size(); ++i) {
      if (ldns_rr_get_type(at(i)) == type && ldns_dname_compare(ldns_rr_owner(at(i)), owner) == 0)
        return true;
    }
    return false;
  }

  /// One that a DNAME of this section made.
  bool is_made(const ldns_rr* record) const {
    if (ldns_rr_get_type(record) != LDNS_RR_TYPE_CNAME) return false;
    for (std::size_t i = 0; i < size(); ++i) {
      if (ldns_rr_get_type(at(i)) == LDNS_RR_TYPE_DNAME &&
          ldns_dname_is_subdomain(ldns_rr_owner(record), ldns_rr_owner(at(i))))
        return true;
    }
    return false;
  }

  /// Empty: the set of `first` verifies.
  std::string verify(const ldns_rr* first) const {
    const ListPtr set(ldns_rr_list_new());
    std::string fault = "no signature of " + text_of(first);
    for (std::size_t i = 0; i < size(); ++i) {
      if (ldns_rr_get_type(at(i)) == ldns_rr_get_type(first) &&
          ldns_dname_compare(ldns_rr_owner(at(i)), ldns_rr_owner(first)) == 0)
        ldns_rr_list_push_rr(set.get(), at(i));
    }
    for (std::size_t i = 0; i < size(); ++i) {
      auto* signature = at(i);
      if (ldns_rr_get_type(signature) != LDNS_RR_TYPE_RRSIG ||
          ldns_dname_compare(ldns_rr_owner(signature), ldns_rr_owner(first)) != 0 ||
          ldns_rdf2rr_type(ldns_rr_rrsig_typecovered(signature)) != ldns_rr_get_type(first))
        continue;
      if (ldns_rr_ttl(signature) != ldns_rr_ttl(first)) return "other TTL: " + text_of(signature);
      const ListPtr signatures(ldns_rr_list_new());
      ldns_rr_list_push_rr(signatures.get(), signature);
      const auto status = ldns_verify_time(set.get(), signatures.get(), keys_, kTestTime, nullptr);
      if (status != LDNS_STATUS_OK)
        return std::string(ldns_get_errorstr_by_id(status)) + ": " + text_of(signature) + " over " +
               text_of(first);
      fault.clear();
    }
    return fault;
  }

  const ldns_rr_list* all() const { return all_; }

 private:
  const ldns_rr_list* all_;
  const ldns_rr_list* keys_;
};

bool is_delegation(const Section& section, const ldns_rr* record, bool authority) {
  return authority && ldns_rr_get_type(record) == LDNS_RR_TYPE_NS && section.size() > 0;
}

std::string fault_in(const Section& section, bool authority) {
  for (std::size_t i = 0; i < section.size(); ++i) {
    const auto* record = section.at(i);
    if (ldns_rr_get_type(record) == LDNS_RR_TYPE_RRSIG || section.is_made(record) ||
        is_delegation(section, record, authority))
      continue;
    if (auto fault = section.verify(record); !fault.empty()) return fault;
  }
  return {};
}

/// The name that an answer's last alias leads to.
const ldns_rdf* last_name(const ldns_pkt* packet) {
  const auto* name = ldns_rr_owner(ldns_rr_list_rr(ldns_pkt_question(packet), 0));
  const auto* answer = ldns_pkt_answer(packet);
  for (std::size_t i = 0; i < ldns_rr_list_rr_count(answer); ++i) {
    const auto* record = ldns_rr_list_rr(answer, i);
    if (ldns_rr_get_type(record) == LDNS_RR_TYPE_CNAME &&
        ldns_dname_compare(ldns_rr_owner(record), name) == 0)
      name = ldns_rr_rdf(record, 0);
  }
  return name;
}

/// Of a negative answer, or a referral without DS.
std::string fault_of_denial(const ldns_pkt* packet, const Section& authority) {
  const auto type = ldns_rr_get_type(ldns_rr_list_rr(ldns_pkt_question(packet), 0));
  for (std::size_t i = 0; i < authority.size(); ++i) {
    const auto* record = authority.at(i);
    if (ldns_rr_get_type(record) == LDNS_RR_TYPE_NS) {
      const auto* cut = ldns_rr_owner(record);
      const bool told =
          authority.has(LDNS_RR_TYPE_DS, cut) || authority.has(LDNS_RR_TYPE_NSEC, cut);
      return told ? "" : "a referral that does not tell of DS";
    }
    if (ldns_rr_get_type(record) != LDNS_RR_TYPE_NSEC) continue;
    const auto* name = last_name(packet);
    if (ldns_dname_compare(ldns_rr_owner(record), name) != 0) return "NSEC of another name";
    if (ldns_dname_compare(name, ldns_rr_rdf(record, 0)) != -1) return "NSEC covers nothing";
    const auto* types = ldns_rr_rdf(record, 1);
    if (ldns_nsec_bitmap_covers_type(types, type)) return "NSEC has the type: " + text_of(record);
    if (ldns_nsec_bitmap_covers_type(types, LDNS_RR_TYPE_CNAME)) return "NSEC has CNAME";
    return {};
  }
  return authority.size() > 0 ? "no NSEC" : "";
}

}  // namespace

Packet keys_of(const Serving& serving, const std::string& zone) {
  return ask(serving, packet({.name = zone, .type = LDNS_RR_TYPE_DNSKEY}), Transport::tcp);
}

std::string find_fault(const Packet& answer, const std::vector<Packet>& keys) {
  const auto packet = read(answer);
  if (!packet) return "unreadable";
  if (ldns_pkt_tc(packet.get())) return "truncated";
  std::vector<PacketPtr> key_answers;
  for (const auto& one : keys) key_answers.push_back(read(one));
  const auto known = keys_in(key_answers);
  const Section answers(ldns_pkt_answer(packet.get()), known.get());
  const Section authority(ldns_pkt_authority(packet.get()), known.get());
  if (auto fault = fault_in(answers, false); !fault.empty()) return fault;
  if (auto fault = fault_in(authority, true); !fault.empty()) return fault;
  return fault_of_denial(packet.get(), authority);
}

std::size_t count_signatures(const Packet& answer) {
  const auto packet = read(answer);
  std::size_t count = 0;
  for (const auto* section : {ldns_pkt_answer(packet.get()), ldns_pkt_authority(packet.get())}) {
    for (std::size_t i = 0; i < ldns_rr_list_rr_count(section); ++i)
      count += ldns_rr_get_type(ldns_rr_list_rr(section, i)) == LDNS_RR_TYPE_RRSIG ? 1 : 0;
  }
  return count;
}

}  // namespace meridian::dns::testing
