#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "common/base/result.h"
#include "common/base/time.h"
#include "controller/store/clocks.h"
#include "controller/store/head.h"

namespace meridian::control {

struct PrimaryAnswer;
struct PrimaryQuestion;

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
/// REFRESH or RETRY says or when told, transfers what is newer, and makes it the next revision, by
/// the author `transfer/ADDRESS`. What is transferred is validated like every change. A zone is
/// looked at once a second at most, however often it is told to; who tells may be forged. Has
/// threads of its own; a primary that hangs holds one of them for two minutes at most. Any thread.
class ZoneTransfers {
 public:
  static constexpr int kThreads = 4;

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
  struct Zone {
    Instant due{};
    bool running = false;
    bool again = false;
    bool force = false;
    int failures = 0;
    std::string primaries;  // as they were declared when it was looked at last
    Instant looked{};
    Instant heard{};  // from a primary, or began to try
    std::chrono::seconds expire{0};
    TransferStatus status;
  };
  struct Outcome {
    std::string error;
    bool transferred = false;
    std::string left_out;
    std::chrono::seconds refresh{0}, retry{0}, expire{0};
  };

  void work();
  void follow_configuration();
  Outcome check(const std::string& name, bool force);
  std::optional<Error> transfer(const std::string& name, const std::string& primary,
                                PrimaryQuestion question, Outcome& outcome);
  std::string take(const std::string& name, const std::string& primary, PrimaryAnswer answer,
                   Outcome& outcome);
  void settle(Zone& zone, const Outcome& outcome);

  Head& head_;
  const Clocks& clocks_;
  mutable std::mutex mutex_;  // guards what follows
  std::condition_variable news_;
  std::map<std::string, Zone> zones_;
  bool configuration_news_ = true;
  std::atomic<bool> stopping_{false};
  std::vector<std::thread> threads_;
  std::atomic<std::uint64_t> transfers_{0};
  std::atomic<std::uint64_t> failures_{0};
};

}  // namespace meridian::control
