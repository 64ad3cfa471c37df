#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "common/base/time.h"

namespace meridian::edge {

/// Deadlines of everything that waits on one worker: a wheel of buckets, so that setting and
/// clearing one costs a few pointers. They fire up to kTick late. Pure; one thread.
class DeadlineWheel {
 public:
  static constexpr std::chrono::milliseconds kTick{50};

  /// One deadline. Owned by who waits; disarms itself.
  class Item {
   public:
    Item() = default;
    Item(const Item&) = delete;
    Item& operator=(const Item&) = delete;
    virtual ~Item() { unlink(); }
    /// Already unlinked; may arm and disarm at will.
    virtual void on_deadline() = 0;

   private:
    friend class DeadlineWheel;
    void unlink();
    Item* next_ = nullptr;
    Item** link_ = nullptr;  // what points at this
    Instant at_;
  };

  explicit DeadlineWheel(Instant now) : swept_(tick_of(now)) {}

  void arm(Item& item, Instant at);
  void disarm(Item& item) { item.unlink(); }
  /// Fires what is due.
  void advance(Instant now);
  /// Fires everything, and tells newcomers not to wait at all.
  void close();
  bool closed() const { return closed_; }

 private:
  static constexpr std::size_t kBuckets = 512;
  static std::int64_t tick_of(Instant at) { return at.time_since_epoch() / kTick; }
  void fire(std::size_t bucket, Instant now);

  std::array<Item*, kBuckets> buckets_{};
  std::int64_t swept_;  // ticks up to this one have fired
  bool closed_ = false;
};

}  // namespace meridian::edge
