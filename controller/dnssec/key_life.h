#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>

#include "common/base/id.h"
#include "common/base/result.h"
#include "common/base/time.h"
#include "controller/model/configuration.h"
#include "meridian/v1/admin.pb.h"
#include "meridian/v1/distribution.pb.h"

/// How the keys of one zone come, take over and go (RFC 6781, RFC 7583): a ZSK is published before
/// it signs; a new KSK or CSK signs beside the old one until the parent zone knows it. Pure: time,
/// keys and what the nodes have come in.
namespace meridian::control {

/// What a zone's keys wait for.
struct KeyTimes {
  std::chrono::seconds keys_ttl{};     // of the DNSKEY RRset
  std::chrono::seconds longest_ttl{};  // of anything in the zone
  std::chrono::seconds parent_ds_ttl{};
  std::chrono::seconds margin{};
  std::optional<std::chrono::seconds> zsk_lifetime;
  std::optional<std::chrono::seconds> ksk_lifetime;
};
/// Of the zone `name`, which may be its primaries'.
KeyTimes key_times(const Configuration& configuration, const std::string& name,
                   const v1::Zone& declared);

using MakeKey = std::function<Result<v1::ZoneKey>(v1::KeyRole, v1::DnssecAlgorithm)>;

/// One look at a zone's keys.
struct KeyStep {
  WallTime now;
  Revision revision;  // that brings what is changed
  MakeKey make;
};

/// The first keys of a zone that has none. True: they were made.
Result<bool> begin_keys(v1::ZoneKeys& keys, const v1::ZoneSigning& signing, const KeyStep& step);

/// Since when all DNS nodes have a revision; none: one has not.
using NodesHave = std::function<std::optional<WallTime>(Revision)>;

/// Takes the steps that are due. Nothing moves on before all nodes have what came before. True:
/// something has changed.
Result<bool> advance_keys(v1::ZoneKeys& keys, const v1::ZoneSigning& signing, const KeyTimes& times,
                          const NodesHave& nodes, const KeyStep& step);

/// Begins to replace the keys of `role`; KEY_ROLE_UNSPECIFIED: all. The Error says why not: one
/// that the parent zone is to know cannot come while `signing.delete_ds`.
Result<void> roll_keys(v1::ZoneKeys& keys, const v1::ZoneSigning& signing, v1::KeyRole role,
                       const KeyStep& step);

/// The parent zone has the DS record of the key that is ready. The Error: none is.
Result<void> confirm_ds(v1::ZoneKeys& keys, const KeyStep& step);
/// The parent zone has none any more: keys that it knew are as if it had never known them.
Result<void> confirm_no_ds(v1::ZoneKeys& keys, const KeyStep& step);

/// The parent zone may have a DS record for it: unsigned, the zone would be bogus.
bool is_known_to_parent(const v1::ZoneKeys& keys);

/// Somebody is to put a DS record into the parent zone, or to remove one, and to say so then.
bool waits_for_parent(const v1::ZoneKeys& keys, const v1::ZoneSigning& signing);

/// What an operator sees. `nodes`: as advance_keys().
v1::ZoneKeysView view_of(const v1::ZoneKeys& keys, const v1::ZoneSigning& signing,
                         const KeyTimes& times, const NodesHave& nodes);

}  // namespace meridian::control
