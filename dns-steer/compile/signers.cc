#include "dns-steer/compile/signers.h"

#include <string_view>

namespace meridian::dns {
namespace {

constexpr std::int64_t kDay = 86'400;

Result<std::uint32_t> lifetime_seconds(const v1::Zone& zone) {
  if (!zone.signing().has_signature_lifetime()) return static_cast<std::uint32_t>(14 * kDay);
  const auto seconds = zone.signing().signature_lifetime().seconds();
  if (seconds < kDay || seconds > 90 * kDay)
    return Error("spec.signing.signature_lifetime", "is not from 24h to 2160h");
  return static_cast<std::uint32_t>(seconds);
}

Result<ZoneSignerPtr> load_signer(const std::string& name, const v1::Zone& zone,
                                  const std::map<std::string, v1::ZoneKeys>& keys) {
  const auto apex = zone::parse_name(name);
  if (!apex) return at("name", apex.error());
  const auto lifetime = lifetime_seconds(zone);
  if (!lifetime) return lifetime.error();
  const auto own = keys.find(name);
  if (own == keys.end()) return Error("spec.sign", "there are no keys to sign it with");
  auto signer = ZoneSigner::load(zone::lower(*apex), own->second, *lifetime);
  if (!signer) return signer.error();
  return std::make_shared<const ZoneSigner>(std::move(*signer));
}

}  // namespace

Result<ZoneSigners> load_signers(const v1::Snapshot& from,
                                 const std::vector<v1::Resource>& resources) {
  std::map<std::string, v1::ZoneKeys> keys;
  for (const auto& packed : from.zone_keys()) {
    v1::ZoneKeys own;
    if (!own.ParseFromString(packed)) return Error("zone_keys", "are damaged: they do not parse");
    auto name = own.zone();
    keys.emplace(std::move(name), std::move(own));
  }
  ZoneSigners signers;
  for (const auto& resource : resources) {
    if (!resource.has_zone() || !resource.zone().sign()) continue;
    auto signer = load_signer(resource.name(), resource.zone(), keys);
    if (!signer) return at("zone " + resource.name(), signer.error());
    signers.emplace(resource.name(), std::move(*signer));
  }
  return signers;
}

std::vector<ZoneSignerPtr> signers_by_number(const ZoneData& data, const ZoneSigners& signers) {
  std::map<std::string, ZoneSignerPtr> by_apex;
  for (const auto& [name, signer] : signers)
    by_apex.emplace(zone::lower(zone::parse_name(name).value()), signer);
  std::vector<ZoneSignerPtr> all(data.zones.size());
  for (std::size_t i = 0; i < all.size(); ++i) {
    const auto apex = data.name(data.nodes[data.zones[i].apex]);
    const auto own = by_apex.find({reinterpret_cast<const char*>(apex.data()), apex.size()});
    if (own != by_apex.end()) all[i] = own->second;
  }
  return all;
}

}  // namespace meridian::dns
