#pragma once

#include <cstdint>

#include "common/base/time.h"

namespace meridian::dns {

/// The time of a batch of queries; who receives it asks the system once.
struct Now {
  Instant instant{};               // for intervals
  std::uint32_t unix_seconds = 0;  // for cookies, compared as RFC 1982 says

  static Now from(Instant instant, WallTime wall) {
    const auto since_epoch = std::chrono::floor<std::chrono::seconds>(wall.time_since_epoch());
    return {instant, static_cast<std::uint32_t>(since_epoch.count())};
  }
};

}  // namespace meridian::dns
