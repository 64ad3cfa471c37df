#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "controller/distribute/health_board.h"
#include "controller/distribute/purge_watch.h"
#include "controller/distribute/questions.h"
#include "controller/distribute/registry.h"
#include "controller/store/clocks.h"
#include "controller/store/head.h"

namespace meridian::control {

/// The thread that tells connected nodes what is new: revisions and purges at once, verdicts each
/// second and as soon as one changes. It also ends waits whose time is up. Who has news only leaves
/// a note, so that no change, vote or operator ever waits for nodes.
class FanOut {
 public:
  struct Parts {
    Head& head;
    HealthBoard& board;
    NodeRegistry& registry;
    Questions& questions;
    PurgeWatch& purge_watch;
    const Clocks& clocks;
  };
  static constexpr std::chrono::milliseconds kHealthInterval{1'000};
  /// Votes that come close together are judged together.
  static constexpr std::chrono::milliseconds kJudgeInterval{50};
  /// Making snapshots for a large fleet takes longer than verdicts may wait.
  static constexpr std::chrono::milliseconds kTellingTurn{20};

  /// Verdicts are held back for `quiet_start`, until the nodes have found the controller again and
  /// voted: a restart must not bring a dead edge back into answers.
  FanOut(Parts parts, std::chrono::milliseconds quiet_start);
  ~FanOut();

  void start();
  /// Joins. Idempotent.
  void stop();

  /// Notes; any thread, never blocks.
  void revision_news() { note(revision_); }
  void purge_news() { note(purges_); }
  void vote_news() { note(votes_); }
  /// Nodes came, went or acknowledged; or a wait has begun.
  void progress_news() { note(progress_); }

  /// For metrics.
  std::uint64_t verdict_changes() const { return verdict_changes_; }

 private:
  void note(bool& news);
  void run();
  /// Who must be told of the newest revision.
  void gather_untold();
  /// Tells some of them; the others' turn comes after verdicts that are due meanwhile.
  void tell_untold();
  enum class Telling : std::uint8_t { always, if_changed };
  void tell_health(Instant now, Telling telling);
  Electorate electorate() const;

  Parts parts_;
  std::chrono::milliseconds quiet_start_;
  std::atomic<std::uint64_t> verdict_changes_{0};
  std::vector<std::shared_ptr<NodeStream>> untold_;  // the thread's own

  std::mutex mutex_;  // guards what follows
  std::condition_variable wake_;
  bool revision_ = false;
  bool purges_ = false;
  bool votes_ = false;
  bool progress_ = false;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace meridian::control
