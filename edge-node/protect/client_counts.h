#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

#include "common/net/address.h"

namespace meridian::edge {

/// How many of something one client may hold at a time.
struct ClientBound {
  std::uint64_t id = 0;    // a hash that tells what is held from all else
  std::uint32_t most = 0;  // up to ClientCounts::kMost
  int ipv4_length = 32;    // by which clients are told apart
  int ipv6_length = 64;
};

/// How many of each kind clients hold at a time, such as connections: one table for all workers of
/// an edge, without a lock. Who holds nothing needs no place. Where more clients hold something
/// than the table has places for, those that find none are let through, and counted.
class ClientCounts {
  using Place = std::atomic<std::uint64_t>;  // whose, and how many: nobody's where that is 0

 public:
  static constexpr std::size_t kPlaces = std::size_t{1} << 18;
  static constexpr std::uint32_t kMost = (1u << 24) - 1;

  /// One that a client holds, until it is destroyed. Any thread; the table outlives it.
  class Held {
   public:
    Held() = default;
    Held(Held&& other) noexcept : place_(std::exchange(other.place_, nullptr)) {}
    Held& operator=(Held&& other) noexcept {
      std::swap(place_, other.place_);
      return *this;
    }
    ~Held() {
      if (place_) place_->fetch_sub(1, std::memory_order_relaxed);
    }

   private:
    friend class ClientCounts;
    explicit Held(Place* place) : place_(place) {}
    Place* place_ = nullptr;  // null: not counted
  };

  /// `seed`: by chance, so that no stranger can choose addresses that share their places. `places`
  /// is a power of two.
  explicit ClientCounts(std::uint64_t seed, std::size_t places = kPlaces);

  /// No value: `client` holds as many as it may. Any thread.
  std::optional<Held> take(const ClientBound& bound, const IpAddress& client);

  /// Let through uncounted, as the table was full.
  std::uint64_t uncounted() const { return uncounted_.load(std::memory_order_relaxed); }

 private:
  static constexpr std::size_t kWays = 8;  // places that a client may have: one line of a cache

  struct Free {
    void operator()(void* memory) const;
  };
  std::uint64_t seed_;
  std::size_t buckets_;
  std::unique_ptr<Place[], Free> places_;  // pages that nobody has touched take no memory
  std::atomic<std::uint64_t> uncounted_{0};
};

}  // namespace meridian::edge
