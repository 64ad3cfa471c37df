#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <vector>

#include "common/observe/metrics.h"

namespace meridian::edge {

/// How long something took, of one worker: read by others at any time.
class LatencyHistogram {
 public:
  /// Upper ends of its buckets; above the last there is one more.
  static constexpr std::array<std::uint32_t, 14> kBoundsMicros{
      500,     1'000,   2'500,   5'000,     10'000,    25'000,    50'000,
      100'000, 250'000, 500'000, 1'000'000, 2'500'000, 5'000'000, 10'000'000};

  void add(std::chrono::microseconds took) noexcept {
    const auto micros = took.count() < 0 ? 0u : static_cast<std::uint64_t>(took.count());
    std::size_t bucket = 0;
    while (bucket < kBoundsMicros.size() && micros > kBoundsMicros[bucket]) ++bucket;
    buckets_[bucket].add();
    micros_.add(micros);
  }
  /// Adds what it has to `sample`, in seconds.
  void add_to(HistogramSample& sample) const;

 private:
  WorkerCounter micros_;
  std::array<WorkerCounter, kBoundsMicros.size() + 1> buckets_;
};

/// What one worker counts of one site; what a quick answer touches lies in two lines of memory.
struct alignas(64) SiteCounts {
  std::array<WorkerCounter, 6> responses;  // by first digit of the status; [0]: none was sent
  WorkerCounter bytes_sent;                // of bodies
  LatencyHistogram requests;               // from the request's head to the end of its answer
  LatencyHistogram first_bytes;  // from a request to an origin to the head of its response
};

/// What all workers count of one site. The same object in each snapshot that has the site. A
/// worker's counts are made when it first needs them: most sites of a large fleet rest.
class SiteMeter {
 public:
  explicit SiteMeter(unsigned workers) : counts_(workers) {}
  SiteMeter(const SiteMeter&) = delete;
  SiteMeter& operator=(const SiteMeter&) = delete;
  ~SiteMeter() {
    for (auto& counts : counts_) delete counts.load();
  }

  /// On that worker's thread only.
  SiteCounts& of(unsigned worker) {
    SiteCounts* counts = counts_[worker].load(std::memory_order_relaxed);
    if (!counts) counts_[worker].store(counts = new SiteCounts, std::memory_order_release);
    return *counts;
  }
  /// Those that there are. Any thread.
  std::vector<const SiteCounts*> all() const;

 private:
  std::vector<std::atomic<SiteCounts*>> counts_;
};

}  // namespace meridian::edge
