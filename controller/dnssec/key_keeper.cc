#include "controller/dnssec/key_keeper.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <set>
#include <utility>

#include <google/protobuf/util/time_util.h>

#include "common/observe/log.h"
#include "controller/dnssec/key_records.h"
#include "controller/secrets/vault.h"

namespace meridian::control {
namespace {

using google::protobuf::util::TimeUtil;

// Nodes that come back after a restart of the controller have had this long what they have now.
constexpr std::chrono::seconds kSettling{60};
// How long keys of a zone that is gone are kept for one that comes back.
constexpr std::chrono::hours kForgetAfter{24 * 30};

std::string secret_name(const std::string& zone) { return kZoneKeysPrefix + zone; }

const v1::Zone* signed_zone(const Configuration& configuration, const std::string& name) {
  const auto* resource = configuration.find(v1::KIND_ZONE, name);
  return resource != nullptr && resource->zone().sign() ? &resource->zone() : nullptr;
}

Result<SealedSecret> sealed(const Seal& seal, const v1::ZoneKeys& keys) {
  auto name = secret_name(keys.zone());
  auto closed = seal.close(name, keys.SerializeAsString());
  if (!closed) return closed.error();
  return SealedSecret{std::move(name), std::move(*closed)};
}

/// Puts `keys` into what is to be changed.
Result<void> put(const Seal& seal, v1::ZoneKeys keys, SecretChange& change) {
  auto secret = sealed(seal, keys);
  if (!secret) return secret.error();
  change.sealed.push_back(std::move(*secret));
  auto name = keys.zone();
  change.after.zone_keys[std::move(name)] = std::make_shared<const v1::ZoneKeys>(std::move(keys));
  return {};
}

bool waits_for_time(const v1::ZoneKey& key) {
  return key.state() == v1::KEY_STATE_PUBLISHED || key.state() == v1::KEY_STATE_RETIRED;
}

v1::Violation still_known(const std::string& zone) {
  v1::Violation violation;
  violation.mutable_resource()->set_kind(v1::KIND_ZONE);
  violation.mutable_resource()->set_name(zone);
  violation.set_field("spec.sign");
  violation.set_reason(
      "the parent zone has a DS record for this zone, so unsigned answers would be refused by all "
      "who validate: have it removed, wait for its TTL, then `gslbctl zone ds " +
      zone + " --withdrawn`");
  return violation;
}

}  // namespace

KeyKeeper::KeyKeeper(Parts parts) : parts_(std::move(parts)), started_(parts_.clocks.wall()) {
  parts_.head.complete_with(
      [this](const Configuration& next, const NodeSecrets& held, Revision revision, WallTime now) {
        return complete(next, held, {now, revision, make_zone_key});
      });
}

/// Under the lock of Head: keys for zones that are signed from now on, and what becomes of those of
/// zones that are not any more.
Result<Completion> KeyKeeper::complete(const Configuration& next, const NodeSecrets& held,
                                       KeyStep step) {
  Completion completion;
  SecretChange change{held, {}, {}};
  for (const auto& [id, resource] : next.resources()) {
    if (id.first != v1::KIND_ZONE || !resource.zone().sign()) continue;
    const auto own = held.zone_keys.find(id.second);
    if (own != held.zone_keys.end() && !own->second->has_unused_since()) continue;
    v1::ZoneKeys keys;
    if (own != held.zone_keys.end()) keys = *own->second;
    keys.set_zone(id.second);
    keys.clear_unused_since();
    if (auto begun = begin_keys(keys, resource.zone().signing(), step); !begun)
      return begun.error();
    if (auto kept = put(parts_.seal, std::move(keys), change); !kept) return kept.error();
  }
  for (const auto& [name, keys] : held.zone_keys) {
    if (signed_zone(next, name) != nullptr) continue;
    if (next.find(v1::KIND_ZONE, name) != nullptr && is_known_to_parent(*keys))
      completion.violations.push_back(still_known(name));
    if (!keys->has_unused_since()) {
      auto unused = *keys;
      *unused.mutable_unused_since() = TimeUtil::TimeTToTimestamp(WallClock::to_time_t(step.now));
      if (auto kept = put(parts_.seal, std::move(unused), change); !kept) return kept.error();
    } else if (WallClock::from_time_t(TimeUtil::TimestampToTimeT(keys->unused_since())) +
                   kForgetAfter <
               step.now) {
      change.sealed.push_back({secret_name(name), {}});
      change.after.zone_keys.erase(name);
    }
  }
  if (!change.sealed.empty()) completion.secrets = std::move(change);
  return completion;
}

Result<void> KeyKeeper::change(const std::vector<std::string>& zones, const std::string& comment,
                               const ChangeOrigin& origin, const Change& step_of) {
  const auto apply = [&](const NodeSecrets& held) -> Result<std::optional<SecretChange>> {
    const auto head = parts_.head.current();
    const KeyStep step{origin.time, {head->revision.value + 1}, make_zone_key};
    SecretChange changed{held, {}, comment};
    for (const auto& name : zones) {
      const auto* zone = signed_zone(head->configuration, name);
      const auto own = held.zone_keys.find(name);
      if (zone == nullptr || own == held.zone_keys.end())
        return Error("no zone '" + name + "' is signed");
      auto keys = *own->second;
      const auto done = step_of(keys, *zone, step);
      if (!done) return done.error();
      if (!*done) continue;
      if (auto kept = put(parts_.seal, std::move(keys), changed); !kept) return kept.error();
    }
    if (changed.sealed.empty()) return std::optional<SecretChange>();
    return std::optional(std::move(changed));
  };
  const auto done = parts_.head.change_secrets(apply, origin);
  if (!done) return done.error();
  return {};
}

void KeyKeeper::note_progress(const ConfigurationAt& head) {
  const auto now = parts_.clocks.wall();
  const auto lowest = parts_.all_have();
  std::set<std::uint64_t> waited_for;
  for (const auto& [name, keys] : head.secrets->zone_keys)
    for (const auto& key : keys->keys())
      if (waits_for_time(key)) waited_for.insert(key.revision());
  const std::lock_guard lock(mutex_);
  std::erase_if(told_, [&](const auto& entry) { return !waited_for.contains(entry.first); });
  for (const auto revision : waited_for) {
    if (revision <= lowest.value)
      told_.try_emplace(revision, now < started_ + kSettling ? WallTime() : now);
  }
}

NodesHave KeyKeeper::nodes_have() const {
  return [this](Revision revision) -> std::optional<WallTime> {
    const std::lock_guard lock(mutex_);
    const auto told = told_.find(revision.value);
    if (told == told_.end()) return {};
    return told->second;
  };
}

Result<void> KeyKeeper::tick() {
  const auto head = parts_.head.current();
  note_progress(*head);
  const auto nodes = nodes_have();
  const auto step = [&](v1::ZoneKeys& keys, const v1::Zone& zone, const KeyStep& at) {
    const auto times = key_times(head->configuration, keys.zone(), zone);
    return advance_keys(keys, zone.signing(), times, nodes, at);
  };
  const ChangeOrigin origin{"controller", parts_.clocks.wall()};
  std::vector<std::string> due;
  for (const auto& [name, keys] : head->secrets->zone_keys) {
    const auto* zone = signed_zone(head->configuration, name);
    if (zone == nullptr) continue;
    const bool pending = std::any_of(keys->keys().begin(), keys->keys().end(), waits_for_time);
    const auto& signing = zone->signing();
    if (!pending && !signing.has_ksk_lifetime() && !signing.has_zsk_lifetime()) continue;
    auto next = *keys;
    const auto changed =
        step(next, *zone, {origin.time, {head->revision.value + 1}, make_zone_key});
    if (!changed) return at("zone " + name, changed.error());
    if (*changed) due.push_back(name);
  }
  if (due.empty()) return {};
  log::info("zone keys change", {{"zones", due.size()}, {"first", due.front()}});
  const auto more = due.size() == 1 ? "" : " and " + std::to_string(due.size() - 1) + " more";
  return change(due, "keys of zone " + due.front() + more, origin, step);
}

std::optional<v1::ZoneKeysView> KeyKeeper::view(const std::string& zone) const {
  const auto head = parts_.head.current();
  const auto* declared = signed_zone(head->configuration, zone);
  const auto own = head->secrets->zone_keys.find(zone);
  if (declared == nullptr || own == head->secrets->zone_keys.end()) return {};
  return view_of(*own->second, declared->signing(), key_times(head->configuration, zone, *declared),
                 nodes_have());
}

Result<void> KeyKeeper::roll(const std::string& zone, v1::KeyRole role,
                             const ChangeOrigin& origin) {
  return change(
      {zone}, "rollover of keys of zone " + zone, origin,
      [role](v1::ZoneKeys& keys, const v1::Zone& of, const KeyStep& step) -> Result<bool> {
        if (auto rolled = roll_keys(keys, of.signing(), role, step); !rolled) return rolled.error();
        return true;
      });
}

Result<void> KeyKeeper::confirm(const std::string& zone, Parent parent,
                                const ChangeOrigin& origin) {
  const bool has = parent == Parent::has_ds;
  const auto comment = "the parent of zone " + zone + (has ? " has its DS" : " has no DS of it");
  return change(
      {zone}, comment, origin,
      [has](v1::ZoneKeys& keys, const v1::Zone& zone_now, const KeyStep& step) -> Result<bool> {
        if (has && zone_now.signing().delete_ds())
          return Error("the zone asks its parent for no DS: take `signing.delete_ds` away first");
        const auto done = has ? confirm_ds(keys, step) : confirm_no_ds(keys, step);
        if (!done) return done.error();
        return true;
      });
}

std::uint64_t KeyKeeper::waiting_for_parent() const {
  const auto head = parts_.head.current();
  const auto& all = head->secrets->zone_keys;
  return static_cast<std::uint64_t>(std::count_if(all.begin(), all.end(), [&](const auto& entry) {
    const auto* zone = signed_zone(head->configuration, entry.first);
    return zone != nullptr && waits_for_parent(*entry.second, zone->signing());
  }));
}

}  // namespace meridian::control
