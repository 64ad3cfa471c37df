#include "controller/dnssec/key_life.h"

#include <algorithm>
#include <vector>

#include <google/protobuf/util/time_util.h>

#include "controller/dnssec/key_records.h"

namespace meridian::control {
namespace {

using google::protobuf::util::TimeUtil;
using std::chrono::seconds;

bool is_entry(const v1::ZoneKey& key) {
  return key.role() == v1::KEY_ROLE_CSK || key.role() == v1::KEY_ROLE_KSK;
}
bool signs_records(const v1::ZoneKey& key) { return key.role() != v1::KEY_ROLE_KSK; }

WallTime since(const v1::ZoneKey& key) {
  return WallTime(seconds(TimeUtil::TimestampToSeconds(key.since())));
}

void enter(v1::ZoneKey& key, v1::KeyState state, const KeyStep& step) {
  key.set_state(state);
  *key.mutable_since() = TimeUtil::SecondsToTimestamp(
      std::chrono::floor<seconds>(step.now.time_since_epoch()).count());
  key.set_revision(step.revision.value);
}

v1::DnssecAlgorithm algorithm_of(const v1::ZoneSigning& signing) {
  return signing.algorithm() == v1::DNSSEC_ALGORITHM_UNSPECIFIED
             ? v1::DNSSEC_ALGORITHM_ECDSAP256SHA256
             : signing.algorithm();
}

Result<void> add(v1::ZoneKeys& keys, const v1::ZoneSigning& signing, v1::KeyRole role,
                 v1::KeyState state, const KeyStep& step) {
  auto made = step.make(role, algorithm_of(signing));
  if (!made) return made.error();
  enter(*made, state, step);
  *keys.add_keys() = std::move(*made);
  return {};
}

bool any(const v1::ZoneKeys& keys, const std::function<bool(const v1::ZoneKey&)>& which) {
  return std::any_of(keys.keys().begin(), keys.keys().end(), which);
}

/// What a key waits for before its next state.
struct Wait {
  std::optional<seconds> time;  // none: it waits for a person, or for nothing
  const char* what = "";
};

Wait wait_of(const v1::ZoneKey& key, const KeyTimes& times) {
  switch (key.state()) {
    case v1::KEY_STATE_PUBLISHED:
      // A KSK or CSK signs from the first moment: what is not signed by it must be gone too.
      if (is_entry(key))
        return {std::max(times.keys_ttl, times.longest_ttl) + times.margin, "caches to know it"};
      return {times.keys_ttl + times.margin, "caches to know it"};
    case v1::KEY_STATE_READY:
      return {{}, "the parent zone to have its DS record: `gslbctl zone ds ZONE --confirm`"};
    case v1::KEY_STATE_RETIRED:
      if (is_entry(key))
        return {std::max(times.parent_ds_ttl, times.longest_ttl) + times.margin,
                "caches to forget its DS record"};
      return {times.longest_ttl + times.margin, "caches to forget what it signed"};
    default:
      return {};
  }
}

/// The same for a person. `signing.delete_ds` turns round what is asked of the parent zone.
const char* wait_text(const v1::ZoneKey& key, const v1::ZoneSigning& signing,
                      const KeyTimes& times) {
  if (signing.delete_ds() && key.state() == v1::KEY_STATE_READY)
    return "`signing.delete_ds` to be left out: the parent zone is to have no DS record";
  if (signing.delete_ds() && is_entry(key) && key.state() == v1::KEY_STATE_ACTIVE)
    return "the parent zone to remove its DS record: `gslbctl zone ds ZONE --withdrawn`";
  return wait_of(key, times).what;
}

/// When the wait is over. It begins anew when the last node learns late of the state: the margin
/// allows for some delay.
std::optional<WallTime> due_at(const v1::ZoneKey& key, const KeyTimes& times,
                               const NodesHave& nodes) {
  const auto wait = wait_of(key, times);
  if (!wait.time) return {};
  const auto told = nodes({key.revision()});
  if (!told) return {};
  return (*told > since(key) + times.margin ? *told : since(key)) + *wait.time;
}

bool is_due(const v1::ZoneKey& key, const KeyTimes& times, const NodesHave& nodes, WallTime now) {
  const auto due = due_at(key, times, nodes);
  return due && *due <= now;
}

/// Some other key signs what this one does. As long as the parent zone may know an algorithm, it
/// goes on signing (RFC 6840 section 5.11).
bool is_replaced(const v1::ZoneKeys& keys, const v1::ZoneKey& key) {
  if (!signs_records(key)) return true;
  const auto signer = [&key](const v1::ZoneKey& other) {
    return &other != &key && signs_records(other) && other.state() == v1::KEY_STATE_ACTIVE;
  };
  const bool same = any(keys, [&](const v1::ZoneKey& other) {
    return signer(other) && other.algorithm() == key.algorithm();
  });
  const bool known = any(keys, [&key](const v1::ZoneKey& other) {
    return &other != &key && is_entry(other) && other.algorithm() == key.algorithm();
  });
  return same || (!known && any(keys, signer));
}

/// ZSKs that are published begin to sign, and those before them stop.
bool activate_zsks(v1::ZoneKeys& keys, const KeyTimes& times, const NodesHave& nodes,
                   const KeyStep& step) {
  bool changed = false;
  for (auto& key : *keys.mutable_keys()) {
    if (key.role() != v1::KEY_ROLE_ZSK || key.state() != v1::KEY_STATE_PUBLISHED ||
        !is_due(key, times, nodes, step.now))
      continue;
    for (auto& other : *keys.mutable_keys()) {
      if (other.role() == v1::KEY_ROLE_ZSK && other.state() == v1::KEY_STATE_ACTIVE)
        enter(other, v1::KEY_STATE_RETIRED, step);
    }
    enter(key, v1::KEY_STATE_ACTIVE, step);
    changed = true;
  }
  return changed;
}

bool forget_retired(v1::ZoneKeys& keys, const KeyTimes& times, const NodesHave& nodes,
                    const KeyStep& step) {
  bool changed = false;
  for (int i = 0; i < keys.keys_size();) {
    const auto& key = keys.keys(i);
    if (key.state() == v1::KEY_STATE_RETIRED && is_due(key, times, nodes, step.now) &&
        is_replaced(keys, key)) {
      keys.mutable_keys()->DeleteSubrange(i, 1);
      changed = true;
    } else {
      ++i;
    }
  }
  return changed;
}

/// Whether the key in use of a kind has reached its age, and nothing replaces it yet.
bool is_old(const v1::ZoneKeys& keys, bool entry, std::optional<seconds> lifetime, WallTime now) {
  if (!lifetime) return false;
  const auto same_kind = [entry](const v1::ZoneKey& key) { return is_entry(key) == entry; };
  if (any(keys, [&](const v1::ZoneKey& key) {
        return same_kind(key) && key.state() != v1::KEY_STATE_ACTIVE;
      }))
    return false;
  return any(keys, [&](const v1::ZoneKey& key) {
    return same_kind(key) && key.state() == v1::KEY_STATE_ACTIVE && since(key) + *lifetime <= now;
  });
}

bool is_rolling(const v1::ZoneKeys& keys, v1::KeyRole role) {
  return any(keys, [role](const v1::ZoneKey& key) {
    return (role == v1::KEY_ROLE_UNSPECIFIED || key.role() == role) &&
           key.state() != v1::KEY_STATE_ACTIVE;
  });
}

/// The keys in use are of the algorithm and the division that `signing` wants.
bool is_as_wanted(const v1::ZoneKeys& keys, const v1::ZoneSigning& signing) {
  return !any(keys, [&signing](const v1::ZoneKey& key) {
    return key.algorithm() != algorithm_of(signing) ||
           (key.role() == v1::KEY_ROLE_CSK) == signing.split_keys();
  });
}

seconds seconds_or(bool given, const google::protobuf::Duration& duration, seconds otherwise) {
  return given ? seconds(duration.seconds()) : otherwise;
}

/// Of any steered name: which policies a site leads to is for DNS nodes to know.
seconds longest_steered_ttl(const Configuration& configuration) {
  constexpr seconds kDefault{20};
  seconds longest{0};
  for (const auto& [id, resource] : configuration.resources()) {
    if (resource.has_site() && resource.site().steering_policy().empty())
      longest = std::max(longest, kDefault);
    if (resource.has_steering_policy())
      longest = std::max(longest, seconds_or(resource.steering_policy().has_ttl(),
                                             resource.steering_policy().ttl(), kDefault));
  }
  return longest;
}

}  // namespace

KeyTimes key_times(const Configuration& configuration, const std::string& name,
                   const v1::Zone& declared) {
  constexpr seconds kDefaultTtl{300};
  const auto& signing = declared.signing();
  const auto* content = configuration.find(v1::KIND_ZONE_CONTENT, name);
  const auto& zone = content == nullptr ? declared : content->zone_content().zone();
  KeyTimes times;
  times.keys_ttl = seconds_or(zone.has_default_ttl(), zone.default_ttl(), kDefaultTtl);
  times.longest_ttl =
      std::max(times.keys_ttl, seconds_or(zone.has_negative_ttl(), zone.negative_ttl(), {}));
  times.longest_ttl = std::max(times.longest_ttl, seconds(zone.soa_ttl().seconds()));
  times.longest_ttl = std::max(times.longest_ttl, seconds(zone.nameservers_ttl().seconds()));
  for (const auto& set : zone.records())
    times.longest_ttl = std::max(times.longest_ttl, seconds(set.ttl().seconds()));
  times.longest_ttl = std::max(times.longest_ttl, longest_steered_ttl(configuration));
  times.parent_ds_ttl =
      seconds_or(signing.has_parent_ds_ttl(), signing.parent_ds_ttl(), std::chrono::hours(48));
  times.margin =
      seconds_or(signing.has_rollover_margin(), signing.rollover_margin(), std::chrono::minutes(5));
  // Secondaries know of a change when they are told, or else when they look for one.
  if (declared.allow_transfer_size() > 0)
    times.margin += seconds_or(declared.has_refresh(), declared.refresh(), std::chrono::hours(1)) +
                    seconds_or(declared.has_retry(), declared.retry(), std::chrono::minutes(10));
  if (signing.has_zsk_lifetime()) times.zsk_lifetime = seconds(signing.zsk_lifetime().seconds());
  if (signing.has_ksk_lifetime()) times.ksk_lifetime = seconds(signing.ksk_lifetime().seconds());
  return times;
}

Result<bool> begin_keys(v1::ZoneKeys& keys, const v1::ZoneSigning& signing, const KeyStep& step) {
  if (keys.keys_size() > 0) return false;
  const auto entry = signing.split_keys() ? v1::KEY_ROLE_KSK : v1::KEY_ROLE_CSK;
  if (auto added = add(keys, signing, entry, v1::KEY_STATE_PUBLISHED, step); !added)
    return added.error();
  if (signing.split_keys()) {
    if (auto added = add(keys, signing, v1::KEY_ROLE_ZSK, v1::KEY_STATE_ACTIVE, step); !added)
      return added.error();
  }
  return true;
}

Result<bool> advance_keys(v1::ZoneKeys& keys, const v1::ZoneSigning& signing, const KeyTimes& times,
                          const NodesHave& nodes, const KeyStep& step) {
  bool changed = activate_zsks(keys, times, nodes, step);
  for (auto& key : *keys.mutable_keys()) {
    if (!is_entry(key) || key.state() != v1::KEY_STATE_PUBLISHED ||
        !is_due(key, times, nodes, step.now))
      continue;
    enter(key, v1::KEY_STATE_READY, step);
    changed = true;
  }
  changed |= forget_retired(keys, times, nodes, step);
  for (const bool entry : {true, false}) {
    const auto lifetime = entry ? times.ksk_lifetime : times.zsk_lifetime;
    if (entry && signing.delete_ds()) continue;
    if (!is_as_wanted(keys, signing) || !is_old(keys, entry, lifetime, step.now)) continue;
    const auto role =
        entry ? (signing.split_keys() ? v1::KEY_ROLE_KSK : v1::KEY_ROLE_CSK) : v1::KEY_ROLE_ZSK;
    if (auto added = add(keys, signing, role, v1::KEY_STATE_PUBLISHED, step); !added)
      return added.error();
    changed = true;
  }
  return changed;
}

Result<void> roll_keys(v1::ZoneKeys& keys, const v1::ZoneSigning& signing, v1::KeyRole role,
                       const KeyStep& step) {
  const bool all = role == v1::KEY_ROLE_UNSPECIFIED;
  if (signing.delete_ds() && role != v1::KEY_ROLE_ZSK)
    return Error("`signing.delete_ds` asks the parent zone to know no key: leave it out first");
  if (is_rolling(keys, role))
    return Error("a rollover is under way already: `gslbctl zone ds ZONE` tells what it waits for");
  if (!all && !is_as_wanted(keys, signing))
    return Error("the algorithm or the division of keys has changed: all keys must go together");
  if (!all && (role == v1::KEY_ROLE_CSK) == signing.split_keys())
    return Error(signing.split_keys() ? "the zone has a KSK and a ZSK, and no CSK"
                                      : "the zone has one key for everything, a CSK");
  std::vector<v1::KeyRole> roles{role};
  if (all && signing.split_keys())
    roles = {v1::KEY_ROLE_KSK, v1::KEY_ROLE_ZSK};
  else if (all)
    roles = {v1::KEY_ROLE_CSK};
  for (const auto one : roles) {
    if (auto added = add(keys, signing, one, v1::KEY_STATE_PUBLISHED, step); !added)
      return added.error();
  }
  return {};
}

Result<void> confirm_ds(v1::ZoneKeys& keys, const KeyStep& step) {
  v1::ZoneKey* ready = nullptr;
  for (auto& key : *keys.mutable_keys())
    if (key.state() == v1::KEY_STATE_READY) ready = &key;
  if (ready == nullptr)
    return Error("no key waits for its DS record: `gslbctl zone ds ZONE` tells how far they are");
  for (auto& key : *keys.mutable_keys()) {
    const bool replaced =
        is_entry(key) || (ready->role() == v1::KEY_ROLE_CSK && key.role() == v1::KEY_ROLE_ZSK);
    const bool outlived =  // READY: the parent knew it, until it was told to forget all
        key.state() == v1::KEY_STATE_ACTIVE ||
        (is_entry(key) && key.state() == v1::KEY_STATE_READY);
    if (&key != ready && replaced && outlived) enter(key, v1::KEY_STATE_RETIRED, step);
  }
  enter(*ready, v1::KEY_STATE_ACTIVE, step);
  return {};
}

Result<void> confirm_no_ds(v1::ZoneKeys& keys, const KeyStep& step) {
  if (!is_known_to_parent(keys)) return Error("the parent zone knows no key of this zone");
  for (auto& key : *keys.mutable_keys()) {
    if (is_entry(key) && key.state() == v1::KEY_STATE_ACTIVE) enter(key, v1::KEY_STATE_READY, step);
  }
  return {};
}

bool is_known_to_parent(const v1::ZoneKeys& keys) {
  return any(keys, [](const v1::ZoneKey& key) {
    return is_entry(key) &&
           (key.state() == v1::KEY_STATE_ACTIVE || key.state() == v1::KEY_STATE_RETIRED);
  });
}

bool waits_for_parent(const v1::ZoneKeys& keys, const v1::ZoneSigning& signing) {
  const auto state = signing.delete_ds() ? v1::KEY_STATE_ACTIVE : v1::KEY_STATE_READY;
  return any(keys,
             [state](const v1::ZoneKey& key) { return is_entry(key) && key.state() == state; });
}

v1::ZoneKeysView view_of(const v1::ZoneKeys& keys, const v1::ZoneSigning& signing,
                         const KeyTimes& times, const NodesHave& nodes) {
  v1::ZoneKeysView view;
  int wanted = -1;
  for (int i = 0; i < keys.keys_size(); ++i) {
    const auto& key = keys.keys(i);
    auto& one = *view.add_keys();
    const auto records = records_of(keys.zone(), key);
    one.set_tag(records.tag);
    one.set_role(key.role());
    one.set_algorithm(key.algorithm());
    one.set_state(key.state());
    *one.mutable_since() = key.since();
    one.set_dnskey(records.dnskey);
    if (is_entry(key)) one.set_ds(records.ds);
    if (is_entry(key) &&
        (key.state() == v1::KEY_STATE_READY || key.state() == v1::KEY_STATE_ACTIVE))
      wanted = i;
    const auto wait = wait_of(key, times);
    one.set_waits_for(wait_text(key, signing, times));
    if (wait.time && !nodes({key.revision()}))
      one.set_waits_for("all DNS nodes to take revision " + std::to_string(key.revision()));
    if (const auto due = due_at(key, times, nodes))
      *one.mutable_until() = TimeUtil::SecondsToTimestamp(
          std::chrono::floor<seconds>(due->time_since_epoch()).count());
  }
  if (wanted >= 0 && !signing.delete_ds()) view.mutable_keys(wanted)->set_wanted_in_parent(true);
  return view;
}

}  // namespace meridian::control
