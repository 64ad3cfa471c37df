#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>

#include "meridian/v1/distribution.pb.h"

namespace meridian::control {

/// What waits to be written to one node. Of snapshots, verdicts and purges it holds only that there
/// is news, since what is sent is made at the moment of writing: a slow node gets the newest, and
/// costs the same however long it is slow. Pure; one thread at a time.
class Outbox {
 public:
  static constexpr std::size_t kMostQuestions = 16;

  enum class Kind : std::uint8_t { nothing, snapshot, purges, health, question };

  void want_snapshot() { snapshot_ = true; }
  void want_purges() { purges_ = true; }
  void want_health() { health_ = true; }
  /// False: kMostQuestions wait already.
  bool ask(v1::ControllerMessage question);

  /// What to write next; it is not pending any more. A question is then at question().
  Kind take();
  const v1::ControllerMessage& question() const { return question_; }

 private:
  bool snapshot_ = false;
  bool purges_ = false;
  bool health_ = false;
  std::deque<v1::ControllerMessage> questions_;
  v1::ControllerMessage question_;
};

}  // namespace meridian::control
