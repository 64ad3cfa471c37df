#include "edge-node/origin/ejection.h"

#include <algorithm>

namespace meridian::edge {
namespace {

constexpr std::uint32_t kMostDoublings = 4;  // 16 times
constexpr double kLeastShare = 0.1;          // so that an origin in slow start is seen to work

}  // namespace

void EjectionState::succeed(Instant now) {
  // Looked at before it is written: nearly always there is nothing to change.
  if (failures_.load(std::memory_order_relaxed) != 0) failures_.store(0);
  if (ejections_.load(std::memory_order_relaxed) == 0) return;
  if (now.time_since_epoch().count() >= until_.load() + last_.load()) ejections_.store(0);
}

bool EjectionState::fail(Instant now, const EjectionSettings& settings) {
  if (settings.failures == 0 || is_ejected(now)) return false;  // requests from before its ejection
  return failures_.fetch_add(1) + 1 >= settings.failures;
}

void EjectionState::eject(Instant now, const EjectionSettings& settings) {
  const auto doublings = std::min(ejections_.fetch_add(1), kMostDoublings);
  const Instant::duration lasts = settings.duration * (1 << doublings);
  last_.store(lasts.count());
  until_.store((now + lasts).time_since_epoch().count());
  failures_.store(0);
}

bool may_eject(std::span<const PoolMember> members, std::size_t which,
               const EjectionSettings& settings) {
  std::size_t ejected = 1;
  bool other_stays = false;
  for (std::size_t i = 0; i < members.size(); ++i) {
    if (i == which) continue;
    if (members[i].ejected) ++ejected;
    other_stays = other_stays || (members[i].up && !members[i].ejected);
  }
  return other_stays && ejected * 100 <= members.size() * settings.max_percent;
}

double slow_start_share(Instant now, Instant since, std::chrono::milliseconds slow_start) {
  if (now >= since + slow_start) return 1;
  if (now <= since) return kLeastShare;
  using Milliseconds = std::chrono::duration<double, std::milli>;
  const double passed = Milliseconds(now - since) / Milliseconds(slow_start);
  return std::max(kLeastShare, passed);
}

}  // namespace meridian::edge
