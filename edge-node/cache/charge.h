#pragma once

#include <atomic>
#include <cstddef>
#include <utility>

namespace meridian::edge {

/// The bytes that the RAM tier may use. Any thread.
class Budget {
 public:
  explicit Budget(std::size_t capacity_bytes) : capacity_(capacity_bytes) {}
  std::size_t capacity() const { return capacity_; }
  std::size_t used() const { return used_.load(std::memory_order_relaxed); }
  bool try_take(std::size_t bytes) {
    auto used = used_.load(std::memory_order_relaxed);
    do {
      if (bytes > capacity_ || used > capacity_ - bytes) return false;
    } while (!used_.compare_exchange_weak(used, used + bytes, std::memory_order_relaxed));
    return true;
  }
  void give_back(std::size_t bytes) { used_.fetch_sub(bytes, std::memory_order_relaxed); }

 private:
  const std::size_t capacity_;
  std::atomic<std::size_t> used_{0};
};

/// Bytes taken from a Budget, given back at the end. The budget outlives it.
class Charge {
 public:
  Charge() = default;
  Charge(Budget& budget, std::size_t bytes) : budget_(&budget), bytes_(bytes) {}
  Charge(Charge&& other) noexcept { *this = std::move(other); }
  Charge& operator=(Charge&& other) noexcept {
    std::swap(budget_, other.budget_);
    std::swap(bytes_, other.bytes_);
    return *this;
  }
  ~Charge() {
    if (budget_) budget_->give_back(bytes_);
  }
  std::size_t bytes() const { return bytes_; }

 private:
  Budget* budget_ = nullptr;
  std::size_t bytes_ = 0;
};

}  // namespace meridian::edge
