#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "common/base/result.h"
#include "common/base/time.h"
#include "controller/store/clocks.h"
#include "controller/store/head.h"
#include "controller/transfer/commit.h"
#include "controller/transfer/refresh_timer.h"

namespace meridian::control {

/// How the transfers of a zone go, since the controller started.
struct TransferStatus {
  std::optional<WallTime> transferred;
  std::optional<WallTime> checked;
  std::optional<WallTime> next_check;
  std::string error;     // of the last check; empty: all is well
  std::string left_out;  // of what was transferred
  bool expired = false;  // nobody was reached for as long as the SOA's EXPIRE
};

/// Keeps the zones that have primaries as these have them: looks at the serial when the SOA's
/// REFRESH or RETRY says or when told, transfers what is newer, and makes it the next revision,
/// validated like every change. What arrives while a revision is made goes into the one after it
/// together, so that many zones cost few revisions. A zone is looked at once a second at most,
/// however often it is told to; who tells may be forged. Has threads of its own; a primary that
/// hangs holds one of them for two minutes at most. Any thread.
class ZoneTransfers {
 public:
  static constexpr int kThreads = 4;
  /// Nothing more is transferred while so many records wait for the next revision.
  static constexpr std::size_t kMostWaiting = 1'000'000;

  /// Both must outlive it.
  ZoneTransfers(Head& head, const Clocks& clocks) : head_(head), clocks_(clocks) {}
  ~ZoneTransfers() { stop(); }

  void start();
  void stop();

  /// Zones may have come, gone or changed; those that have other primaries, or other keys with
  /// them, are looked at.
  void revision_news();
  /// Looks now, or once more after the check that is under way. False: no such zone has primaries.
  enum class Wish : std::uint8_t { check, transfer };
  bool refresh(const std::string& zone, Wish wish);
  std::optional<TransferStatus> status(const std::string& zone) const;

  /// For metrics.
  std::uint64_t transfers() const { return transfers_; }
  std::uint64_t failures() const { return failures_; }
  std::size_t expired() const;

 private:
  /// Where the next look goes on, because what a primary sent was refused.
  struct Attempt {
    bool force = false;
    bool whole = false;               // not as differences, from the first that is asked
    std::size_t primary = 0;          // the first to be asked
    std::vector<std::string> errors;  // of those before it
  };
  struct Zone {
    explicit Zone(Instant now) : timer(now) {}
    RefreshTimer timer;
    bool running = false;  // being looked at, or waiting to become a revision
    bool again = false;
    bool declared = true;
    Attempt attempt;
    std::string primaries;  // as they were declared when it was looked at last
    TransferStatus status;
  };
  using Zones = std::map<std::string, Zone>;
  struct Outcome {
    std::string error;
    std::optional<ArrivedZone> arrived;
    Attempt attempt;     // that led to it
    RefreshTimes times;  // of what is held, or arrived
  };

  void work();
  void follow_configuration();
  void plan(Zones::value_type& entry, Instant before);
  Outcome check(const std::string& name, Attempt attempt);
  void commit_arrived(std::unique_lock<std::mutex>& lock);
  void end(const std::string& name, const Outcome& outcome);
  void settle(Zone& zone, const Outcome& outcome);
  static void go_on(Zone& zone, const Outcome& outcome, Instant now);

  Head& head_;
  const Clocks& clocks_;
  mutable std::mutex mutex_;  // guards what follows
  std::condition_variable news_;
  Zones zones_;
  std::set<std::pair<Instant, std::string>> due_;  // those that are not running
  std::vector<Outcome> arrived_;
  std::size_t waiting_ = 0;  // records of arrived_
  bool committing_ = false;  // a thread is at it
  bool configuration_news_ = true;
  std::atomic<bool> stopping_{false};
  std::vector<std::thread> threads_;
  std::atomic<std::uint64_t> transfers_{0};
  std::atomic<std::uint64_t> failures_{0};
};

}  // namespace meridian::control
