#pragma once

#include <atomic>
#include <cassert>
#include <cstddef>

namespace meridian::edge {

/// Base of what a Sieve orders.
class SieveHook {
 public:
  SieveHook() = default;
  SieveHook(const SieveHook&) = delete;
  SieveHook& operator=(const SieveHook&) = delete;
  bool linked() const { return linked_; }

 private:
  friend class Sieve;
  SieveHook* newer_ = nullptr;
  SieveHook* older_ = nullptr;
  std::atomic<bool> visited_{false};
  bool linked_ = false;
};

/// The SIEVE eviction policy (Zhang et al., NSDI 2024): a queue in order of arrival; a hit sets a
/// mark; a hand walks from old to new, clears marks, and evicts the first without one. So what is
/// asked for once leaves before what is asked for again: scans do no harm. One thread at a time,
/// but for touch(), which any thread may call. Owns nothing.
class Sieve {
 public:
  /// As the newest.
  void insert(SieveHook& hook) {
    assert(!hook.linked_);
    hook.newer_ = nullptr;
    hook.older_ = newest_;
    hook.visited_.store(false, std::memory_order_relaxed);
    hook.linked_ = true;
    if (newest_) newest_->newer_ = &hook;
    newest_ = &hook;
    if (!oldest_) oldest_ = &hook;
    ++size_;
  }

  static void touch(SieveHook& hook) {
    if (!hook.visited_.load(std::memory_order_relaxed))
      hook.visited_.store(true, std::memory_order_relaxed);
  }

  void erase(SieveHook& hook) {
    assert(hook.linked_);
    if (hand_ == &hook) hand_ = hook.newer_;
    (hook.newer_ ? hook.newer_->older_ : newest_) = hook.older_;
    (hook.older_ ? hook.older_->newer_ : oldest_) = hook.newer_;
    hook.linked_ = false;
    --size_;
  }

  /// Who has to leave next; still linked. Null: nobody is there.
  SieveHook* victim() {
    if (size_ == 0) return nullptr;
    if (!hand_) hand_ = oldest_;
    while (hand_->visited_.load(std::memory_order_relaxed)) {
      hand_->visited_.store(false, std::memory_order_relaxed);
      hand_ = hand_->newer_ ? hand_->newer_ : oldest_;
    }
    return hand_;
  }

  std::size_t size() const { return size_; }

 private:
  SieveHook* newest_ = nullptr;
  SieveHook* oldest_ = nullptr;
  SieveHook* hand_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace meridian::edge
