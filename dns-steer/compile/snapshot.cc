#include "dns-steer/compile/snapshot.h"

#include <utility>
#include <vector>

#include "common/snapshot/snapshot.h"
#include "dns-steer/compile/fleet.h"
#include "dns-steer/compile/settings.h"
#include "dns-steer/compile/sharing.h"
#include "dns-steer/compile/signers.h"
#include "dns-steer/compile/zones.h"
#include "dns-steer/transfer/outgoing.h"
#include "dns-steer/transfer/signed_query.h"
#include "dns-steer/zone/build.h"

namespace meridian::dns {

Result<std::shared_ptr<const Snapshot>> compile_snapshot(const v1::Snapshot& from,
                                                         Geography& geography) {
  if (from.role() != v1::ROLE_DNS) return Error("snapshot", "was not made for a DNS node");
  const auto resources = unpack_resources(from);
  if (!resources) return resources.error();
  auto fleet = build_fleet(*resources, geography);
  if (!fleet) return fleet.error();

  auto signers = load_signers(from, *resources);
  if (!signers) return signers.error();
  std::vector<SteeredName> steered;
  for (std::uint32_t site = 0; site < fleet->sites.size(); ++site) {
    const auto& one = fleet->sites[site];
    for (const auto& hostname : one.hostnames)
      steered.push_back({hostname, site, one.https.has_value()});
  }
  auto zones = zone_sources(*resources, steered);
  for (auto& zone : zones) {
    const auto signer = signers->find(zone.name);
    if (signer == signers->end()) continue;
    const bool none = zone.zone.signing().delete_ds();
    zone.keys = signer->second->key_records(none ? WantedDs::none : WantedDs::of_newest_key);
  }
  const Revision revision{from.revision()};
  auto zone_data = build_zones(zones, steered, revision);
  if (!zone_data) return zone_data.error();
  auto settings = compile_settings(from, *resources);
  if (!settings) return settings.error();

  auto sharing = compile_sharing(*resources, zones, *zone_data);
  if (!sharing) return sharing.error();

  auto snapshot = std::make_shared<Snapshot>();
  snapshot->revision = revision;
  snapshot->zones = std::move(*zone_data);
  snapshot->signers = signers_by_number(snapshot->zones, *signers);
  snapshot->fleet = std::move(*fleet);
  snapshot->settings = std::move(*settings);
  snapshot->find_place = [databases = geography.databases()](const IpAddress& client) {
    return find_place(*databases, client);
  };
  snapshot->sharing = std::make_shared<const Sharing>(std::move(*sharing));
  snapshot->judge_signature = TsigQuery::judge;
  snapshot->zone_to_transfer = zone_to_transfer;
  return std::shared_ptr<const Snapshot>(std::move(snapshot));
}

}  // namespace meridian::dns
