#include "controller/health/utilisation.h"

#include <algorithm>

namespace meridian::control {

std::optional<double> utilisation(const v1::EdgeLoad& load, const v1::EdgeCapacity& capacity) {
  // However far beyond: ten times full is full.
  constexpr double kMost = 10;
  std::optional<double> fullest;
  const auto count = [&](double used, double bound) {
    if (!(bound > 0)) return;
    const double share = used > 0 ? std::min(used / bound, kMost) : 0;
    fullest = std::max(fullest.value_or(0), share);
  };
  count(load.requests_in_flight(), capacity.requests_in_flight());
  count(static_cast<double>(load.bits_per_second()),
        static_cast<double>(capacity.bits_per_second()));
  count(load.cpu(), capacity.cpu());
  return fullest;
}

}  // namespace meridian::control
