#pragma once

#include <atomic>
#include <memory>
#include <utility>

namespace meridian {

/// Hands the newest value to a thread that looks whenever it likes, and never waits: what was not
/// taken when the next came is dropped. For one taker and any givers; looking costs a plain load.
template <class Value>
class Mailbox {
 public:
  Mailbox() = default;
  Mailbox(const Mailbox&) = delete;
  Mailbox& operator=(const Mailbox&) = delete;
  ~Mailbox() { put(nullptr); }

  void give(Value value) { put(new Value(std::move(value))); }

  /// Null: nothing new.
  std::unique_ptr<Value> take() {
    if (newest_.load(std::memory_order_relaxed) == nullptr) return nullptr;
    return std::unique_ptr<Value>(newest_.exchange(nullptr, std::memory_order_acquire));
  }

 private:
  void put(Value* value) {
    const std::unique_ptr<Value> dropped(newest_.exchange(value, std::memory_order_acq_rel));
  }

  std::atomic<Value*> newest_{nullptr};
};

}  // namespace meridian
