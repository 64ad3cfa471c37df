#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>

#include "common/base/id.h"

namespace meridian::edge {

/// How far this edge has come in the controller's log of purges, so that edges which fetch from
/// each other can tell who knows less. Written by one thread, around the marks of each purge; read
/// by any.
class PurgePosition {
 public:
  /// What a fill that began before is without: all that it is told by another edge must count every
  /// purge up to here. Never behind what is in force here.
  PurgeSequence asked() const { return {asked_.load(std::memory_order_acquire)}; }
  /// All purges up to here are in force.
  PurgeSequence applied() const { return {applied_.load(std::memory_order_acquire)}; }

  /// Before the first mark of a purge is in force.
  void begin(PurgeSequence sequence) {
    asked_.store(std::max(asked_.load(), sequence.value), std::memory_order_release);
  }
  /// After the last one.
  void end(PurgeSequence sequence) {
    applied_.store(std::max(applied_.load(), sequence.value), std::memory_order_release);
  }

  /// Before everything is purged in place of all purges up to `sequence`. Lower than before: the
  /// controller has lost the end of its log, and gives its numbers anew. Another edge that has not
  /// heard of that yet must not pass for one that knows the new ones.
  void begin_anew(PurgeSequence sequence) {
    const auto asked = asked_.load();
    asked_.store(sequence.value < asked ? asked + 1 : sequence.value, std::memory_order_release);
  }
  /// After that.
  void end_anew(PurgeSequence sequence) {
    applied_.store(sequence.value, std::memory_order_release);
  }

 private:
  std::atomic<std::uint64_t> asked_{0};
  std::atomic<std::uint64_t> applied_{0};
};

}  // namespace meridian::edge
