#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "common/base/result.h"
#include "common/base/time.h"
#include "controller/store/clocks.h"
#include "controller/store/head.h"

namespace meridian::control {

/// Secondaries take a zone anew when its serial grows, and only then. The serial of a signed zone
/// that may be transferred therefore moves on when its keys change, and often enough that no
/// signature runs out in a copy. One thread.
class SharedSerials {
 public:
  /// A copy is made anew after this share of `signature_lifetime`. Nodes renew signatures after
  /// half of it, so as much again is left to secondaries that are late.
  static constexpr int kCopiesPerLifetime = 4;

  /// A change of serials only, of all zones whose turn has come; none: it is nobody's.
  std::optional<v1::ApplyRequest> due(const ConfigurationAt& head, WallTime now);

  /// Makes that change. Once a second.
  Result<void> tick(Head& head, const Clocks& clocks);

 private:
  struct Moved {
    std::uint32_t serial = 0;
    WallTime at;  // or later
  };
  WallTime moved_at(const std::string& zone, std::uint32_t serial, WallTime now);

  std::map<std::string, Moved> moved_;  // serials that do not tell their time
  WallTime looked_at_;
};

}  // namespace meridian::control
