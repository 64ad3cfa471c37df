#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <unordered_map>
#include <utility>
#include <vector>

#include "edge-node/net/bell.h"
#include "edge-node/origin/origin_pool.h"

namespace meridian::edge {

class OriginGate;

/// Which of an origin's turnstiles: `&Origin::requests`, `refills` or `connections`.
using Bound = Turnstile Origin::*;

/// The gates of all workers: whoever leaves an origin tells a worker where somebody waits.
class OriginGates {
 public:
  /// Before the first request, in the order of the workers; the gate stays until close().
  void add(boost::asio::io_context& context, OriginGate& gate) {
    gates_.push_back({&context, &gate});
  }
  /// One may enter again. Any thread.
  void wake(const OriginPtr& origin, Bound bound);
  /// Lets each worker but `except` give up an idle connection to `origin`.
  void give_up_idle(const OriginPtr& origin, unsigned except);
  /// Nothing is told any more. When no worker runs.
  void close() { gates_.clear(); }

 private:
  struct Entry {
    boost::asio::io_context* context;
    OriginGate* gate;
  };
  std::vector<Entry> gates_;
};

/// To be inside, for as long as this lives.
class Admission {
 public:
  Admission() = default;
  /// Whose turnstile has let it in.
  Admission(OriginGates& gates, OriginPtr origin, Bound bound)
      : gates_(&gates), origin_(std::move(origin)), bound_(bound) {}
  Admission(Admission&& other) noexcept
      : gates_(other.gates_), origin_(std::move(other.origin_)), bound_(other.bound_) {}
  Admission& operator=(Admission&& other) noexcept {
    leave();
    gates_ = other.gates_;
    origin_ = std::move(other.origin_);
    bound_ = other.bound_;
    return *this;
  }
  ~Admission() { leave(); }

  void leave();
  explicit operator bool() const { return origin_ != nullptr; }

 private:
  OriginGates* gates_ = nullptr;
  OriginPtr origin_;
  Bound bound_ = nullptr;
};

/// Where one worker's requests wait for their turn at an origin's limit, first come, first served.
/// The limit is shared by all workers; of several that have somebody waiting, each gets its turn.
/// Everything on the worker's thread.
class OriginGate {
 public:
  OriginGate(unsigned worker, boost::asio::io_context& context, OriginGates& all)
      : worker_(worker), context_(context), all_(all) {}

  unsigned worker() const { return worker_; }
  OriginGates& all() { return all_; }
  /// What give_up_idle() does on this worker.
  std::function<void(const OriginPtr&)> on_give_up_idle;

  /// At once, without a wait. Not past those who wait.
  Admission try_enter(const OriginPtr& origin, Bound bound, std::uint32_t most);

  enum class Waited : std::uint8_t { entered, full, too_long };
  /// Until `enter` has said true: asked whenever somebody may have left, in the order of arrival.
  /// `enter` outlives the wait.
  boost::asio::awaitable<Waited> wait(OriginPtr origin, Bound bound, std::uint32_t max_pending,
                                      Instant deadline, const std::function<bool()>& enter);
  /// Lets in whom there is room for.
  void serve(const OriginPtr& origin, Bound bound);
  /// Ends all waits.
  void close();

 private:
  struct Waiter {
    const std::function<bool()>& enter;
    std::shared_ptr<Bell> bell;
    bool entered = false;
  };
  using Queue = std::deque<Waiter*>;

  unsigned worker_;
  boost::asio::io_context& context_;
  OriginGates& all_;
  bool closed_ = false;
  std::unordered_map<Turnstile*, Queue> queues_;  // none is empty
};

}  // namespace meridian::edge
