#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "common/base/time.h"

namespace meridian::edge {

/// What an edge uses, as rates: from totals that only grow. Pure; one thread.
class LoadMeter {
 public:
  /// Rates over less than this would be noise: what is measured earlier changes nothing.
  static constexpr std::chrono::milliseconds kLeastInterval{500};

  struct Totals {
    std::uint64_t sent_bytes = 0;         // of bodies, to visitors
    std::chrono::nanoseconds cpu_time{};  // of the process
    std::uint64_t answered_requests = 0;
  };

  explicit LoadMeter(unsigned workers) : workers_(workers) {}

  void measure(const Totals& totals, Instant now);

  /// All 0 until there were two measures.
  std::uint64_t bits_per_second() const { return bits_per_second_; }
  /// Of what the workers could use, a core each: 1 is all of it.
  double cpu() const { return cpu_; }
  double requests_per_second() const { return requests_per_second_; }

 private:
  struct Measure {
    Totals totals;
    Instant time;
  };

  unsigned workers_;
  std::optional<Measure> last_;
  std::uint64_t bits_per_second_ = 0;
  double cpu_ = 0;
  double requests_per_second_ = 0;
};

}  // namespace meridian::edge
