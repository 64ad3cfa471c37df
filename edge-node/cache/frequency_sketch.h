#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

namespace meridian::edge {

/// How often keys were asked for lately, from 0 to 15, for far more keys than are stored (a
/// count-min sketch of four rows). It forgets by halving: two counters with every add(). Of fixed
/// size. Any thread; counts that meet may get lost.
class FrequencySketch {
 public:
  explicit FrequencySketch(std::size_t counters) {
    while (row_ < counters) row_ *= 2;
    counters_ = std::make_unique<std::atomic<std::uint8_t>[]>(kRows * row_);
  }

  void add(std::uint64_t hash) {
    const auto least = estimate(hash);
    if (least < kMost)
      for (std::size_t row = 0; row < kRows; ++row)
        if (auto& counter = at(hash, row); counter.load(std::memory_order_relaxed) == least)
          counter.store(static_cast<std::uint8_t>(least + 1), std::memory_order_relaxed);
    const auto hand = hand_.fetch_add(2, std::memory_order_relaxed);
    for (const std::size_t i : {hand, hand + 1}) {
      auto& counter = counters_[i & (kRows * row_ - 1)];
      const auto value = counter.load(std::memory_order_relaxed);
      if (value > 0) counter.store(static_cast<std::uint8_t>(value / 2), std::memory_order_relaxed);
    }
  }

  unsigned estimate(std::uint64_t hash) const {
    unsigned least = kMost;
    for (std::size_t row = 0; row < kRows; ++row)
      least = std::min<unsigned>(least, at(hash, row).load(std::memory_order_relaxed));
    return least;
  }

  std::size_t memory_bytes() const { return kRows * row_; }

 private:
  static constexpr std::size_t kRows = 4;
  static constexpr unsigned kMost = 15;

  std::atomic<std::uint8_t>& at(std::uint64_t hash, std::size_t row) const {
    static constexpr std::array<std::uint64_t, kRows> kMultipliers = {
        0x9e3779b97f4a7c15, 0xbf58476d1ce4e5b9, 0x94d049bb133111eb, 0xd6e8feb86659fd93};
    const auto mixed = (hash + 1) * kMultipliers[row];
    return counters_[row * row_ + ((mixed ^ mixed >> 31) & (row_ - 1))];
  }

  std::size_t row_ = 1024;
  std::unique_ptr<std::atomic<std::uint8_t>[]> counters_;
  std::atomic<std::size_t> hand_{0};
};

}  // namespace meridian::edge
