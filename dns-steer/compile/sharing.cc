#include "dns-steer/compile/sharing.h"

#include <string>
#include <unordered_map>
#include <utility>

#include "dns-steer/zone/lookup.h"

namespace meridian::dns {
namespace {

constexpr std::uint16_t kDnsPort = 53;

using KeyNumbers = std::unordered_map<std::string, std::uint32_t>;  // by resource name

Result<std::uint32_t> key_number(const KeyNumbers& keys, const std::string& name) {
  if (name.empty()) return kNoKey;
  const auto found = keys.find(name);
  if (found == keys.end()) return Error("there is no TsigKey '" + name + "'");
  return found->second;
}

Result<TransferRule> compile_rule(const v1::TransferRule& from, const KeyNumbers& keys) {
  TransferRule rule;
  for (const auto& text : from.client_prefixes()) {
    const auto prefix = parse_prefix(text);
    if (!prefix) return at("client_prefixes", prefix.error());
    rule.client_prefixes.push_back(*prefix);
  }
  for (const auto& name : from.keys()) {
    const auto key = key_number(keys, name);
    if (!key) return at("keys", key.error());
    rule.keys.push_back(*key);
  }
  if (rule.client_prefixes.empty() && rule.keys.empty()) return Error("would let everybody in");
  return rule;
}

Result<SharedZone> compile_zone(const std::string& name, const v1::Zone& from,
                                const KeyNumbers& keys) {
  SharedZone zone;
  zone.name = name;
  for (const auto& rule : from.allow_transfer()) {
    auto compiled = compile_rule(rule, keys);
    if (!compiled) return at("spec.allow_transfer", compiled.error());
    zone.rules.push_back(std::move(*compiled));
  }
  for (const auto& peer : from.notify()) {
    const auto address = parse_address(peer.address());
    if (!address) return at("spec.notify", address.error());
    const auto key = key_number(keys, peer.key());
    if (!key) return at("spec.notify", key.error());
    const auto port = peer.has_port() ? peer.port() : kDnsPort;
    zone.notify.push_back({{*address, static_cast<std::uint16_t>(port)}, *key});
  }
  return zone;
}

/// The number of a zone in `data`, and its serial.
std::uint32_t number_of(const ZoneData& data, const std::string& name) {
  const auto wire = zone::parse_name(name);
  if (!wire) return kNone;
  LookupName lookup;
  const auto lower = zone::lower(*wire);
  lookup.assign({reinterpret_cast<const std::uint8_t*>(lower.data()), lower.size()});
  return find(data, lookup, CutSide::child).zone;
}

}  // namespace

Result<Sharing> compile_sharing(const std::vector<v1::Resource>& resources,
                                const std::vector<ZoneSource>& zones, const ZoneData& data) {
  Sharing sharing;
  KeyNumbers keys;
  std::unordered_map<std::string, const v1::Zone*> declared;
  for (const auto& resource : resources) {
    if (resource.has_zone()) declared.emplace(resource.name(), &resource.zone());
    if (!resource.has_tsig_key()) continue;
    auto key = tsig::parse_key(resource.name(), resource.tsig_key());
    if (!key) return at("TSIG key " + resource.name(), key.error());
    keys.emplace(resource.name(), static_cast<std::uint32_t>(sharing.keys.size()));
    sharing.keys.push_back(std::move(*key));
  }
  for (const auto& source : zones) {
    const auto& from = *declared.at(source.name);
    if (from.allow_transfer().empty() && from.notify().empty()) continue;
    auto zone = compile_zone(source.name, from, keys);
    if (!zone) return at("zone " + source.name, zone.error());
    const auto number = number_of(data, source.name);
    if (number == kNone) continue;
    zone->serial = serial_of(data, number);
    sharing.zones.emplace(number, std::move(*zone));
  }
  return sharing;
}

}  // namespace meridian::dns
