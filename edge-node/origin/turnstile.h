#pragma once

#include <atomic>
#include <bit>
#include <cstdint>
#include <optional>

namespace meridian::edge {

/// How many are inside at once, and how many wait for that, over all workers of an edge: one
/// counter that all share, so that a limit of N is N whichever workers the crowd comes to. Atomics
/// only; any thread. Who waits is known to each worker's OriginGate; here stands which workers
/// have somebody waiting.
class Turnstile {
 public:
  /// An edge has no more workers.
  static constexpr unsigned kWorkers = 64;

  /// `most` 0: no limit. Who has entered leaves.
  bool try_enter(std::uint32_t most) { return try_add(inside_, most); }
  void leave() { inside_.fetch_sub(1); }
  std::uint32_t inside() const { return inside_.load(std::memory_order_relaxed); }

  /// A place among those who wait. `most` 0: there is none.
  bool try_queue(std::uint32_t most) { return most > 0 && try_add(queued_, most); }
  void leave_queue() { queued_.fetch_sub(1); }
  std::uint32_t queued() const { return queued_.load(std::memory_order_relaxed); }

  /// Somebody waits on `worker` from now on. Look once more whether there is room after this:
  /// whoever left before could not know.
  void announce(unsigned worker) { workers_.fetch_or(bit(worker)); }
  void withdraw(unsigned worker) { workers_.fetch_and(~bit(worker)); }
  bool anybody_waits() const { return workers_.load() != 0; }
  bool waits_on(unsigned worker) const { return (workers_.load() & bit(worker)) != 0; }

  /// Whom to tell that somebody has left: each worker that waits in its turn. No value: nobody
  /// waits.
  std::optional<unsigned> next_worker() {
    const auto waiting = workers_.load();
    if (waiting == 0) return std::nullopt;
    const auto start = static_cast<int>(turn_.fetch_add(1, std::memory_order_relaxed) % kWorkers);
    const auto distance = std::countr_zero(std::rotr(waiting, start));
    return static_cast<unsigned>(start + distance) % kWorkers;
  }

 private:
  static std::uint64_t bit(unsigned worker) { return std::uint64_t{1} << worker; }
  static bool try_add(std::atomic<std::uint32_t>& count, std::uint32_t most) {
    if (most == 0) {
      count.fetch_add(1);
      return true;
    }
    auto now = count.load();
    while (now < most)
      if (count.compare_exchange_weak(now, now + 1)) return true;
    return false;
  }

  std::atomic<std::uint32_t> inside_{0};
  std::atomic<std::uint32_t> queued_{0};
  std::atomic<std::uint64_t> workers_{0};
  std::atomic<unsigned> turn_{0};
};

}  // namespace meridian::edge
