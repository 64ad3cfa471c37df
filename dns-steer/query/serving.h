#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "common/base/id.h"
#include "dns-steer/geo/database.h"
#include "dns-steer/query/settings.h"
#include "dns-steer/steer/fleet.h"
#include "dns-steer/steer/health.h"
#include "dns-steer/steer/load.h"
#include "dns-steer/zone/zone_data.h"

namespace meridian::dns {

/// One revision, compiled. Immutable once built; any thread.
struct Snapshot {
  Revision revision;
  ZoneData zones;
  Fleet fleet;
  AnswerSettings settings;
  /// What the databases hold for a client; for explanations. Null: there are none.
  std::function<std::optional<GeoDatabase::Entry>(const IpAddress&)> find_place;
};

/// What a worker answers from: a revision, the health of its edges and their load, swapped
/// together. News of health share the snapshot, news of load the health too.
struct Serving {
  /// `last_good`: what was healthy before `view`.
  Serving(std::shared_ptr<const Snapshot> snapshot_, const HealthView& view,
          const LastGood& last_good = {}, LoadTable load_ = {})
      : snapshot(std::move(snapshot_)),
        shared_health(std::make_shared<const HealthTable>(snapshot->fleet, view, last_good)),
        health(*shared_health),
        load(std::move(load_)) {}
  /// `before`, under another load.
  Serving(const Serving& before, LoadTable load_)
      : snapshot(before.snapshot),
        shared_health(before.shared_health),
        health(*shared_health),
        load(std::move(load_)) {}

  std::shared_ptr<const Snapshot> snapshot;
  std::shared_ptr<const HealthTable> shared_health;
  const HealthTable& health;  // in `shared_health`
  LoadTable load;
};

}  // namespace meridian::dns
