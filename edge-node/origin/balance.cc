#include "edge-node/origin/balance.h"

#include <algorithm>

namespace meridian::edge {

Candidates::Candidates(const OriginPool& pool, std::uint64_t turn) : pool_(pool), start_(turn) {
  // Turns are counted among those that are up: the neighbour of a dead one gets no double share.
  const auto up = static_cast<std::uint64_t>(std::count_if(
      pool.origins.begin(), pool.origins.end(), [](const auto& o) { return o->up.load(); }));
  if (up == 0) return;
  std::uint64_t nth = turn % up;
  for (std::uint64_t i = 0; i < pool.origins.size(); ++i) {
    if (!pool.origins[i]->up.load() || nth-- > 0) continue;
    start_ = i;
    return;
  }
}

std::shared_ptr<Origin> Candidates::next() {
  while (tried_ < pool_.origins.size()) {
    const auto& origin = pool_.origins[(start_ + tried_++) % pool_.origins.size()];
    if (origin->up.load()) return origin;
  }
  return nullptr;
}

bool is_down(const OriginPool& pool) {
  return std::none_of(pool.origins.begin(), pool.origins.end(),
                      [](const auto& origin) { return origin->up.load(); });
}

}  // namespace meridian::edge
