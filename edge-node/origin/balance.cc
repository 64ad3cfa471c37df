#include "edge-node/origin/balance.h"

#include <algorithm>
#include <vector>

#include "common/observe/log.h"

namespace meridian::edge {
namespace {

double share_of(const OriginPool& pool, const Origin& origin, Instant now) {
  if (pool.slow_start.count() == 0) return 1;
  const Instant up_since{Instant::duration(origin.up_since.load(std::memory_order_relaxed))};
  const auto since = std::max(up_since, origin.ejection.until());
  return since == Instant{} ? 1 : slow_start_share(now, since, pool.slow_start);
}

std::size_t ejected_of(const OriginPool& pool, Instant now) {
  return static_cast<std::size_t>(
      std::count_if(pool.origins.begin(), pool.origins.end(),
                    [&](const OriginPtr& origin) { return origin->ejection.is_ejected(now); }));
}

/// Others are left, within the pool's bounds. Behind a shield stand the origins.
bool has_reserves(const OriginPool& pool, std::size_t index, Instant now) {
  std::vector<PoolMember> members;
  for (const auto& member : pool.origins)
    members.push_back({member->up.load(), member->ejection.is_ejected(now)});
  return may_eject(members, index, pool.ejection);
}

bool anybody_stays(const OriginPool& pool, Instant now) {
  return std::any_of(pool.origins.begin(), pool.origins.end(), [&](const OriginPtr& origin) {
    return origin->up.load() && !origin->ejection.is_ejected(now);
  });
}

bool goes_too_far(const OriginPool& pool, Instant now) {
  return ejected_of(pool, now) * 100 > pool.origins.size() * pool.ejection.max_percent ||
         !anybody_stays(pool, now);
}

}  // namespace

Candidates::Candidates(const OriginPool& pool, std::uint64_t key, std::optional<std::size_t> sticky)
    : pool_(pool), key_(key), sticky_(sticky), standings_(pool.origins.size()) {}

std::optional<Choice> Candidates::next(Instant now, std::uint64_t random) {
  for (std::size_t i = 0; i < standings_.size(); ++i) {
    Origin& origin = *pool_.origins[i];
    Standing& standing = standings_[i];
    standing.weight = pool_.shares[i].weight;
    standing.tier = pool_.shares[i].tier;
    standing.hash = pool_.shares[i].hash;
    standing.usable = origin.up.load(std::memory_order_relaxed) && !origin.ejection.is_ejected(now);
    // A shield's edge keeps its objects, however busy it is: each is stored once.
    standing.in_flight = pool_.is_shield() ? 0 : origin.requests.inside();
    standing.crowded =
        pool_.breaker.max_requests > 0 && standing.in_flight >= pool_.breaker.max_requests;
    standing.share = share_of(pool_, origin, now);
    standing.credit = &origin.credit;
  }
  const Selection how{.method = pool_.balance, .key = key_, .sticky = sticky_, .random = random};
  const auto choice = choose(standings_, how);
  if (choice) standings_[choice->index].tried = true;
  return choice;
}

void note_success(const OriginPool& pool, std::size_t index, Instant now) {
  pool.origins[index]->ejection.succeed(now);
}

void note_failure(const OriginPool& pool, std::size_t index, Instant now) {
  Origin& origin = *pool.origins[index];
  if (!origin.ejection.fail(now, pool.ejection)) return;
  if (!pool.is_shield() && !has_reserves(pool, index, now)) return;
  origin.ejection.eject(now, pool.ejection);
  // Another worker may have ejected another one at the same moment: then this one stays.
  if (!pool.is_shield() && goes_too_far(pool, now)) return origin.ejection.undo();
  pool.state->ejections.fetch_add(1, std::memory_order_relaxed);
  const auto lasts =
      std::chrono::duration_cast<std::chrono::milliseconds>(origin.ejection.until() - now);
  log::warn(pool.is_shield() ? "edge of the shield is ejected: it fails requests"
                             : "origin is ejected: it fails requests",
            {{"pool", pool.name}, {"origin", origin.label()}, {"milliseconds", lasts.count()}});
}

bool is_down(const OriginPool& pool) {
  return std::none_of(pool.origins.begin(), pool.origins.end(),
                      [](const auto& origin) { return origin->up.load(); });
}

}  // namespace meridian::edge
