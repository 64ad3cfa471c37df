#pragma once

#include <functional>
#include <mutex>
#include <optional>
#include <vector>

#include "common/base/id.h"
#include "common/base/time.h"

namespace meridian::control {

/// Operators who wait until every connected edge has acknowledged a purge. Each is called back
/// exactly once, without a lock. Any thread.
class PurgeWatch {
 public:
  static constexpr std::size_t kMost = 64;

  /// False: kMost wait already, or it is closed (then `done` is not called).
  bool add(PurgeSequence sequence, Instant deadline, std::function<void()> done);
  /// Calls those whose purge is among what all have acknowledged, or whose time is up.
  void check(PurgeSequence purged_by_all, Instant now);
  std::optional<Instant> next_deadline() const;
  /// Calls all; nobody waits from now on.
  void close();

 private:
  struct Waiting {
    PurgeSequence sequence;
    Instant deadline;
    std::function<void()> done;
  };
  mutable std::mutex mutex_;  // guards what follows
  std::vector<Waiting> waiting_;
  bool closed_ = false;
};

}  // namespace meridian::control
