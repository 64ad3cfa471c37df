#pragma once

#include <memory>
#include <utility>

namespace meridian {

/// The compiled snapshot that one worker reads. Touched by that worker's thread only: news come
/// as a task posted to its loop, which swaps it between two queries or requests. A worker pays a
/// plain pointer load; what it gets back from swap() is freed on another thread.
template <class Snapshot>
class SnapshotSlot {
 public:
  using Pointer = std::shared_ptr<const Snapshot>;

  explicit SnapshotSlot(Pointer first) { (void)swap(std::move(first)); }

  /// Borrowed until the next swap().
  const Snapshot& current() const { return *local_; }
  /// For what suspends and may see a swap.
  Pointer hold() const { return local_; }
  /// Takes `next`, returns what was there; the caller sees to it that it is freed elsewhere.
  [[nodiscard]] Pointer swap(Pointer next) {
    // A control block of its own: cores share no reference count.
    auto own = std::make_shared<const Pointer>(std::move(next));
    return std::exchange(local_, Pointer(own, own->get()));
  }

 private:
  Pointer local_;
};

}  // namespace meridian
