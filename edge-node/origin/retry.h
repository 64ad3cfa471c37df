#pragma once

#include <atomic>
#include <cstdint>

namespace meridian::edge {

/// How a request on one connection to an origin went.
enum class Attempt : std::uint8_t {
  answered,
  not_connected,  // nothing reached the origin
  refused,        // the origin says that it did nothing with the request
  nothing,        // the connection ended before the first byte of an answer
  malformed,      // what came is no HTTP, or broke off within the head
  unasked,        // what came is no answer to this request
  timed_out,
  visitor_failed,  // the visitor's body broke off
  crowded,         // the origin is at its limit, and so is the queue before it
  exhausted,       // the edge has no socket left, or cannot send it
};

/// What of a request decides whether it may be sent again.
struct Repetition {
  bool idempotent = false;  // RFC 9110 section 9.2.2
  bool body_begun = false;  // some of its body has been taken from the visitor: it is gone
};

/// A repetition does no harm (RFC 9110 section 9.2.2): nothing of the request reached the origin,
/// or the method may be repeated; and there is no answer that the visitor could get instead. Pure.
constexpr bool may_repeat(Attempt attempt, const Repetition& request) {
  switch (attempt) {
    case Attempt::not_connected:
      return true;  // no body was asked for yet
    case Attempt::refused:
      return !request.body_begun;
    case Attempt::nothing:
    case Attempt::malformed:
    case Attempt::unasked:
    case Attempt::timed_out:
      return request.idempotent && !request.body_begun;
    case Attempt::answered:
    case Attempt::visitor_failed:
    case Attempt::crowded:
    case Attempt::exhausted:
      break;
  }
  return false;
}

/// An origin's fault, which counts towards its ejection.
constexpr bool is_failure(Attempt attempt) {
  switch (attempt) {
    case Attempt::not_connected:
    case Attempt::refused:
    case Attempt::nothing:
    case Attempt::malformed:
    case Attempt::unasked:
    case Attempt::timed_out:
      return true;
    case Attempt::answered:
    case Attempt::visitor_failed:
    case Attempt::crowded:
    case Attempt::exhausted:
      break;
  }
  return false;
}

/// Retries under way, against requests under way, of one pool on one edge. When all origins are in
/// trouble, retries must not make their load several times what it was; who was not even connected
/// to has no load from it, and needs no budget. Atomics; any thread.
class RetryBudget {
 public:
  /// Always allowed, so that a quiet edge can retry at all.
  static constexpr std::uint32_t kFloor = 10;

  void begin_request() { requests_.fetch_add(1, std::memory_order_relaxed); }
  void end_request() { requests_.fetch_sub(1, std::memory_order_relaxed); }
  /// False: too many are under way. Who got true calls end_retry().
  bool try_retry(std::uint32_t percent) {
    const std::uint64_t share =
        std::uint64_t{requests_.load(std::memory_order_relaxed)} * percent / 100;
    auto now = retries_.load(std::memory_order_relaxed);
    while (now < kFloor || now < share)
      if (retries_.compare_exchange_weak(now, now + 1, std::memory_order_relaxed)) return true;
    return false;
  }
  void end_retry() { retries_.fetch_sub(1, std::memory_order_relaxed); }

 private:
  std::atomic<std::uint32_t> requests_{0};
  std::atomic<std::uint32_t> retries_{0};
};

}  // namespace meridian::edge
