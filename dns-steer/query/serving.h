#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/base/id.h"
#include "common/net/address.h"
#include "dns-steer/dnssec/signatures.h"
#include "dns-steer/dnssec/zone_signer.h"
#include "dns-steer/query/settings.h"
#include "dns-steer/query/signed_query.h"
#include "dns-steer/steer/fleet.h"
#include "dns-steer/steer/health.h"
#include "dns-steer/steer/load.h"
#include "dns-steer/zone/zone_data.h"
#include "geoip-data/database/database.h"

namespace meridian::dns {

struct Query;
struct Snapshot;

/// The zone at whose apex `query` asks for a transfer, if this client may have it; kNone: it may
/// not. `signature`: as Snapshot::judge_signature made it, and good, or null.
using ZoneToTransfer =
    std::function<std::uint32_t(const Snapshot& snapshot, const Query& query,
                                const IpAddress& client, const SignedQuery* signature)>;

/// One revision, compiled. Immutable once built; any thread.
struct Snapshot {
  Revision revision;
  ZoneData zones;
  Fleet fleet;
  AnswerSettings settings;
  /// What the databases hold for a client; for explanations. Null: there are none.
  std::function<std::optional<GeoDatabase::Entry>(const IpAddress&)> find_place;
  std::vector<std::shared_ptr<const ZoneSigner>> signers;  // by zone; null: it is not signed
  std::shared_ptr<const Sharing> sharing;                  // with whom zones are shared
  JudgeSignature judge_signature;                          // empty: signatures are passed over
  ZoneToTransfer zone_to_transfer;                         // empty: nothing is transferred
};

/// What a worker answers from: a revision, the signatures made ahead for it, the health of its
/// edges and their load, swapped together. News of health and of signatures share the snapshot,
/// news of load the health too.
struct Serving {
  /// `last_good`: what was healthy before `view`.
  Serving(std::shared_ptr<const Snapshot> snapshot_, const HealthView& view,
          const LastGood& last_good = {}, std::shared_ptr<const Signatures> signatures_ = {},
          LoadTable load_ = {})
      : snapshot(std::move(snapshot_)),
        signatures(std::move(signatures_)),
        shared_health(std::make_shared<const HealthTable>(snapshot->fleet, view, last_good)),
        health(*shared_health),
        load(std::move(load_)) {}
  /// `before`, under another load.
  Serving(const Serving& before, LoadTable load_)
      : snapshot(before.snapshot),
        signatures(before.signatures),
        shared_health(before.shared_health),
        health(*shared_health),
        load(std::move(load_)) {}

  std::shared_ptr<const Snapshot> snapshot;
  std::shared_ptr<const Signatures> signatures;  // of the snapshot's zones; null: none made ahead
  std::shared_ptr<const HealthTable> shared_health;
  const HealthTable& health;  // in `shared_health`
  LoadTable load;
};

}  // namespace meridian::dns
