#include "dns-steer/steer/panic.h"

namespace meridian::dns {
namespace {

Eligible panic(PanicMode mode, const Counts& counts) {
  if (mode == PanicMode::none) return Eligible::nobody;
  if (mode == PanicMode::fixed) return Eligible::fixed;
  if (mode == PanicMode::last_good && counts.has_last_good) return Eligible::last_good;
  return counts.active > 0 ? Eligible::all : Eligible::all_drained;
}

}  // namespace

Eligible decide_eligible(const Policy& policy, const Counts& counts) {
  // A family that no edge has is not in panic: it does not exist.
  if (counts.active + counts.drained == 0) return Eligible::nobody;
  if (counts.healthy > 0) {
    const auto share = static_cast<double>(counts.healthy) / static_cast<double>(counts.active);
    const bool enough = share >= policy.panic_below || policy.panic_mode == PanicMode::none;
    return enough ? Eligible::healthy : panic(policy.panic_mode, counts);
  }
  if (counts.healthy_drained > 0) return Eligible::healthy_drained;
  return panic(policy.panic_mode, counts);
}

}  // namespace meridian::dns
