#include "dns-steer/query/record_signatures.h"

#include <cstring>

#include "dns-steer/steer/answer_sets.h"
#include "dns-steer/zone/record_type.h"

namespace meridian::dns {

bool RecordSignatures::is_own_name(const Node& node, Bytes name) const {
  return name.size() == node.name_size &&
         std::memcmp(name.data(), data_.name(node).data(), name.size()) == 0;
}

const ZoneSignatures* RecordSignatures::ahead(std::uint32_t zone) const {
  return serving_.signatures ? serving_.signatures->zones[zone].get() : nullptr;
}

Bytes RecordSignatures::fresh(std::uint32_t zone) {
  const auto made = fresh_.sign(*serving_.snapshot->signers[zone], now_);
  refused_ |= made.empty();
  return made;
}

Bytes RecordSignatures::made_ahead(const Node& node, const RecordSet& set) const {
  const auto* made = ahead(node.zone);
  if (made == nullptr) return {};
  const auto number = static_cast<std::uint32_t>(&set - data_.sets.data());
  return made->of_set(number - data_.zones[node.zone].first_set);
}

Bytes RecordSignatures::of_set(const Node& node, const RecordSet& set, Bytes name) {
  if (is_own_name(node, name)) {
    const auto found = made_ahead(node, set);
    if (!found.empty()) return found;
  }
  if (!is_signed(data_, number_of(node), set)) return {};
  read_set(data_, node, set, name, fresh_.set());
  return fresh(node.zone);
}

Bytes RecordSignatures::nsec(const Node& node, Bytes name, std::uint16_t absent) {
  read_nsec(data_, number_of(node), name, absent, fresh_.nsec_room());
  return fresh_.nsec_room().data;
}

Bytes RecordSignatures::nsec_of_no_name(Bytes name) {
  read_nsec_of_no_name(name, fresh_.nsec_room());
  return fresh_.nsec_room().data;
}

void RecordSignatures::begin_nsec(std::uint32_t zone, Bytes name) {
  fresh_.set().begin(name, rr::kNsec, data_.zones[zone].negative_ttl);
  fresh_.set().add(fresh_.nsec_room().data);
  fresh_.set().finish();
}

Bytes RecordSignatures::of_nsec(const Node& node, Bytes name, std::uint16_t absent) {
  const auto* made = ahead(node.zone);
  if (made != nullptr && is_own_name(node, name)) {
    const auto number = number_of(node) - data_.zones[node.zone].first_node;
    const auto found =
        absent == 0 ? made->of_nsec(number) : made->of(signature_key(number, rr::kNsec, 0, absent));
    if (!found.empty()) return found;
  }
  (void)nsec(node, name, absent);
  begin_nsec(node.zone, name);
  return fresh(node.zone);
}

Bytes RecordSignatures::of_no_name(std::uint32_t zone, Bytes name) {
  (void)nsec_of_no_name(name);
  begin_nsec(zone, name);
  return fresh(zone);
}

Bytes RecordSignatures::steered_ahead(const Node& node, Bytes name, std::uint16_t type,
                                      std::uint32_t ttl, std::uint64_t key) const {
  const auto* made = ahead(node.zone);
  if (made == nullptr || !is_own_name(node, name)) return {};
  const auto number = number_of(node) - data_.zones[node.zone].first_node;
  return made->of(signature_key(number, type, ttl, key));
}

Bytes RecordSignatures::of_addresses(const Node& node, Bytes name, std::uint16_t type,
                                     const Choice& choice) {
  const auto found = steered_ahead(node, name, type, choice.ttl, answer_set_key(choice.all()));
  if (!found.empty()) return found;
  fresh_.set().begin(name, type, choice.ttl);
  for (const auto* candidate : choice.all()) fresh_.set().add(candidate->address.bytes());
  fresh_.set().finish();
  return fresh(node.zone);
}

Bytes RecordSignatures::of_https(const Node& node, Bytes name, std::uint32_t ttl, Bytes data,
                                 const Choice& v4, const Choice& v6) {
  const auto key = answer_set_key(v4.all()) + answer_set_key(v6.all());
  const auto found = steered_ahead(node, name, rr::kHttps, ttl, key);
  if (!found.empty()) return found;
  fresh_.set().begin(name, rr::kHttps, ttl);
  fresh_.set().add(data);
  fresh_.set().finish();
  return fresh(node.zone);
}

}  // namespace meridian::dns
