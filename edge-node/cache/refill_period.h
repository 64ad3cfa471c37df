#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <limits>

#include "common/base/time.h"
#include "edge-node/cache/purge.h"

namespace meridian::edge {

/// For how long what purges have ended comes back at a limited rate: a while after each purge of
/// many responses at once. Atomics only; any thread, and one that writes.
class RefillPeriod {
 public:
  static constexpr std::chrono::seconds kLength{60};

  /// A URL is one response, and begins none.
  void begin(const PurgeMark& mark, Instant now) {
    if (mark.kind == PurgeKind::url) return;
    const bool all = mark.kind == PurgeKind::everything || mark.site == 0;
    (all ? everything_ : slot(mark.site)).store((now + kLength).time_since_epoch().count());
  }
  /// For the site: purge_site_hash(). Another site may share its fate.
  bool holds(std::uint64_t site, Instant now) const {
    const auto time = now.time_since_epoch().count();
    return time < everything_.load(std::memory_order_relaxed) ||
           time < slot(site).load(std::memory_order_relaxed);
  }

 private:
  using Until = std::atomic<Instant::rep>;
  static constexpr std::size_t kSlots = 256;
  Until& slot(std::uint64_t site) { return sites_[site % kSlots]; }
  const Until& slot(std::uint64_t site) const { return sites_[site % kSlots]; }

  Until everything_{std::numeric_limits<Instant::rep>::min()};
  std::array<Until, kSlots> sites_{};
};

}  // namespace meridian::edge
