#pragma once

#include <memory>
#include <string>

#include "common/base/id.h"
#include "dns-steer/query/settings.h"
#include "dns-steer/query/signed_query.h"
#include "dns-steer/steer/fleet.h"
#include "dns-steer/steer/health.h"
#include "dns-steer/zone/zone_data.h"

namespace meridian::dns {

/// One revision, compiled. Immutable once built; any thread.
struct Snapshot {
  Revision revision;
  ZoneData zones;
  Fleet fleet;
  AnswerSettings settings;
  std::shared_ptr<const Sharing> sharing;  // with whom zones are shared
  JudgeSignature judge_signature;          // empty: signatures are passed over
};

/// What a worker answers from: a revision and the health of its edges, swapped together. News of
/// health share the snapshot.
struct Serving {
  /// `last_good`: what was healthy before `view`.
  Serving(std::shared_ptr<const Snapshot> snapshot_, const HealthView& view,
          const LastGood& last_good = {})
      : snapshot(std::move(snapshot_)), health(snapshot->fleet, view, last_good) {}

  std::shared_ptr<const Snapshot> snapshot;
  HealthTable health;
};

}  // namespace meridian::dns
