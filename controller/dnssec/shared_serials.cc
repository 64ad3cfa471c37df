#include "controller/dnssec/shared_serials.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include <google/protobuf/util/time_util.h>

#include "common/observe/log.h"
#include "controller/model/settle.h"

namespace meridian::control {
namespace {

using google::protobuf::util::TimeUtil;
using std::chrono::hours;
using std::chrono::seconds;

seconds lifetime_of(const v1::ZoneSigning& signing) {
  return signing.has_signature_lifetime() ? seconds(signing.signature_lifetime().seconds())
                                          : seconds(hours(24 * 14));
}

WallTime newest_change(const v1::ZoneKeys& keys) {
  WallTime newest;
  for (const auto& key : keys.keys())
    newest = std::max(newest, WallTime(seconds(TimeUtil::TimestampToSeconds(key.since()))));
  return newest;
}

/// The serials that the controller makes are times; none: it is of another kind, such as a date.
std::optional<WallTime> time_of(std::uint32_t serial, WallTime now) {
  const WallTime time{seconds(serial)};
  constexpr hours kYears{24 * 365 * 5};
  constexpr hours kAhead{24};  // of several changes in a second
  if (time < now - kYears || time > now + kAhead) return {};
  return time;
}

/// Zones with primaries have their serial from there.
bool is_shared(const v1::Zone& zone) {
  return zone.sign() && zone.allow_transfer_size() > 0 && zone.primaries().empty();
}

}  // namespace

/// The latest time after which it moved. One that is seen first after a start may have stood for
/// long: it is as if it always had.
WallTime SharedSerials::moved_at(const std::string& zone, std::uint32_t serial, WallTime now) {
  if (const auto time = time_of(serial, now)) return *time;
  const auto [entry, added] = moved_.try_emplace(zone, Moved{serial, WallTime()});
  if (!added && entry->second.serial != serial) entry->second = {serial, looked_at_};
  return entry->second.at;
}

std::optional<v1::ApplyRequest> SharedSerials::due(const ConfigurationAt& head, WallTime now) {
  std::erase_if(moved_, [&](const auto& entry) {
    const auto* resource = head.configuration.find(v1::KIND_ZONE, entry.first);
    return resource == nullptr || !is_shared(resource->zone());
  });
  v1::ApplyRequest request;
  for (const auto& [name, keys] : head.secrets->zone_keys) {
    const auto* resource = head.configuration.find(v1::KIND_ZONE, name);
    if (resource == nullptr || !is_shared(resource->zone())) continue;
    const auto& zone = resource->zone();
    const auto moved = moved_at(name, zone.serial(), now);
    // A key may have changed after the serial did in the same second.
    const bool known = newest_change(*keys) < moved;
    if (known && now < moved + lifetime_of(zone.signing()) / kCopiesPerLifetime) continue;
    auto& next = *request.add_upserts();
    next = *resource;
    next.mutable_zone()->set_serial(next_serial(zone.serial(), now));
  }
  looked_at_ = now;
  if (request.upserts().empty()) return {};
  request.set_expected_revision(head.revision.value);
  const auto more = request.upserts_size() - 1;
  request.set_comment("signatures for secondaries of zone " + request.upserts(0).name() +
                      (more == 0 ? "" : " and " + std::to_string(more) + " more"));
  return request;
}

Result<void> SharedSerials::tick(Head& head, const Clocks& clocks) {
  const auto now = clocks.wall();
  const auto request = due(*head.current(), now);
  if (!request) return {};
  const auto applied = head.apply(*request, {"controller", now});
  if (!applied) return applied.error();
  if (!applied->violations.empty()) {
    const auto& first = applied->violations.front();
    return Error("serial of zone " + request->upserts(0).name(),
                 "cannot move on: " + first.field() + ": " + first.reason());
  }
  if (!applied->stale) log::info("serials move on", {{"zones", request->upserts_size()}});
  return {};
}

}  // namespace meridian::control
