#pragma once

#include <atomic>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "edge-node/cache/frequency_sketch.h"

namespace meridian::edge {

/// Base of what an EvictionOrder orders.
class EvictionHook {
 public:
  EvictionHook() = default;
  EvictionHook(const EvictionHook&) = delete;
  EvictionHook& operator=(const EvictionHook&) = delete;
  bool linked() const { return queue_ != Queue::none; }

 private:
  friend class EvictionOrder;
  enum class Queue : std::uint8_t { none, small, main };
  EvictionHook* newer_ = nullptr;
  EvictionHook* older_ = nullptr;
  std::uint64_t hash_ = 0;
  std::uint64_t bytes_ = 0;
  std::atomic<std::uint8_t> visits_{0};  // since the hand last passed, up to 3
  Queue queue_ = Queue::none;
};

/// Who wants in, and what it has displaced so far.
struct Contender {
  std::uint64_t hash = 0;
  unsigned spent = 0;    // how often the displaced ones were asked for, together
  bool refused = false;  // it is not worth the next one
};

/// S3-FIFO (Yang et al., SOSP 2023) by bytes, with admission: a small queue for newcomers, a main
/// queue for what was asked for while it was in the small one, and a memory of who has left it,
/// so that scans pass through a tenth of the cache. Who wants in must have been asked for as often
/// as all those together whom it displaces (as in TinyLFU's aggregated victims), so a large one
/// has to be worth many small ones. tests/bench/cache has the figures. One thread at a time, but
/// for touch(), asked() and worth(): any. Owns no hook.
class EvictionOrder {
 public:
  explicit EvictionOrder(std::uint64_t capacity_bytes);

  /// `hash`: of its key.
  void insert(EvictionHook& hook, std::uint64_t hash, std::uint64_t bytes);
  /// It is of another size now, in its place.
  void resize(EvictionHook& hook, std::uint64_t bytes);
  void erase(EvictionHook& hook);

  /// A hit. A store and a count until it has had three, then only a load.
  void touch(EvictionHook& hook) {
    const auto visits = hook.visits_.load(std::memory_order_relaxed);
    if (visits >= kMostVisits) return;
    hook.visits_.store(static_cast<std::uint8_t>(visits + 1), std::memory_order_relaxed);
    frequency_.add(hook.hash_);
  }
  /// Somebody asked for what is not there.
  void asked(std::uint64_t hash) { frequency_.add(hash); }
  /// How often it was asked for lately, up to 15.
  unsigned worth(std::uint64_t hash) const { return frequency_.estimate(hash); }

  /// Who has to leave next, unlinked. Null: nobody is there, or `contender` is refused. Without a
  /// contender it costs nothing.
  EvictionHook* evict(Contender* contender);

 private:
  using Queue = EvictionHook::Queue;
  static constexpr std::uint8_t kMostVisits = 3;
  struct List {
    EvictionHook* newest = nullptr;
    EvictionHook* oldest = nullptr;
    std::uint64_t bytes = 0;
  };

  List& list(Queue queue) { return queue == Queue::small ? small_ : main_; }
  void push(EvictionHook& hook, Queue queue);
  void unlink(EvictionHook& hook);
  std::uint32_t& ghost(std::uint64_t hash) { return ghosts_[hash & (ghosts_.size() - 1)]; }
  static std::uint32_t fingerprint(std::uint64_t hash) {
    return static_cast<std::uint32_t>(hash >> 32) | 1;
  }

  const std::uint64_t capacity_;
  List small_, main_;
  FrequencySketch frequency_;
  std::vector<std::uint32_t> ghosts_;  // fingerprints by hash, the newer instead of the older
};

}  // namespace meridian::edge
