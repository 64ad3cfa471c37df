#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "common/net/address.h"

namespace meridian::dns {

/// What one answer's steering knows of chance, given from outside.
struct Chance {
  std::uint64_t random = 0;  // as many values as are wanted follow from it
  std::uint32_t turn = 0;    // answers given before: round robin goes on from there
};

/// Random numbers that follow from one (SplitMix64).
class Draws {
 public:
  explicit Draws(std::uint64_t seed) : state_(seed) {}

  std::uint64_t next() {
    auto x = state_ += 0x9e3779b97f4a7c15;
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
    x = (x ^ x >> 27) * 0x94d049bb133111eb;
    return x ^ x >> 31;
  }
  /// From 0 to `end` - 1. `end` below 2^32, where the skew is of no account.
  std::uint64_t below(std::uint64_t end) { return (next() >> 32) * end >> 32; }

 private:
  std::uint64_t state_;
};

/// Chance, query by query. Round robin counts for each site and address family by itself: the A
/// and AAAA queries that clients send in pairs would otherwise skip every other member. One a
/// worker, on its thread.
class ChanceSource {
 public:
  /// `seed`: random, so that workers do not go in step.
  explicit ChanceSource(std::uint64_t seed)
      : draws_(seed), turns_(kTurns, static_cast<std::uint32_t>(draws_.next())) {}

  Chance take(std::uint32_t site, Family family) {
    const auto counter = (std::size_t{site} * 2 + (family == Family::v4 ? 0 : 1)) % kTurns;
    return {draws_.next(), turns_[counter]++};
  }

 private:
  // Sites beyond share counters with others: they still rotate.
  static constexpr std::size_t kTurns = 8192;

  Draws draws_;
  std::vector<std::uint32_t> turns_;
};

}  // namespace meridian::dns
