#pragma once

#include <cstddef>
#include <new>
#include <utility>

namespace meridian::edge {

/// Memory of objects of one type that have ended, for those to come: of what each request needs for
/// as long as it waits, and what is too large for malloc() to have at hand. Bounded. One thread.
class SpareMemory {
 public:
  SpareMemory() = default;
  SpareMemory(const SpareMemory&) = delete;
  SpareMemory& operator=(const SpareMemory&) = delete;
  ~SpareMemory() {
    while (spare_) ::operator delete(take(0));
  }

  /// Always for so many bytes, and at least for a pointer.
  void* take(std::size_t bytes) {
    if (!spare_) return ::operator new(bytes);
    --count_;
    return std::exchange(spare_, spare_->next);
  }
  void give_back(void* memory) noexcept {
    if (count_ == kMost) return ::operator delete(memory);
    ++count_;
    spare_ = new (memory) Spare{spare_};
  }

 private:
  static constexpr std::size_t kMost = 256;
  struct Spare {
    Spare* next;
  };
  Spare* spare_ = nullptr;
  std::size_t count_ = 0;
};

}  // namespace meridian::edge
