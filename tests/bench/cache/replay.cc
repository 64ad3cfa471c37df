// Replays traces against policies of admission and eviction: hit ratios by objects and by bytes.
//   cmake --build build/release --target bench_cache_replay && build/release/bin/bench_cache_replay
#include <cstdio>
#include <cstdlib>
#include <unordered_map>

#include "tests/bench/cache/policies.h"
#include "tests/bench/cache/traces.h"

namespace {

using namespace meridian::bench;

std::vector<std::size_t> next_uses(const Trace& trace) {
  std::vector<std::size_t> next(trace.size(), SIZE_MAX);
  std::unordered_map<std::uint64_t, std::size_t> seen;
  for (std::size_t i = trace.size(); i-- > 0;) {
    const auto [at, fresh] = seen.try_emplace(trace[i].key, i);
    if (!fresh) next[i] = at->second;
    at->second = i;
  }
  return next;
}

std::uint64_t footprint(const Trace& trace) {
  std::unordered_map<std::uint64_t, std::uint64_t> sizes;
  for (const auto& request : trace) sizes[request.key] = request.bytes;
  std::uint64_t bytes = 0;
  for (const auto& [key, size] : sizes) bytes += size;
  return bytes;
}

struct Ratios {
  double objects;
  double bytes;
};

Ratios replay(const Trace& trace, const std::vector<std::size_t>& next, Policy& policy) {
  std::uint64_t hits = 0, asked = 0, hit_bytes = 0, bytes = 0;
  for (std::size_t i = 0; i < trace.size(); ++i) {
    const bool hit = policy.ask(trace[i], next[i]);
    if (i < trace.size() / 5) continue;  // the cache fills
    ++asked;
    bytes += trace[i].bytes;
    if (hit) ++hits, hit_bytes += trace[i].bytes;
  }
  return {100.0 * static_cast<double>(hits) / static_cast<double>(asked),
          100.0 * static_cast<double>(hit_bytes) / static_cast<double>(bytes)};
}

}  // namespace

int main(int argc, char** argv) {
  const std::size_t requests = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 1'000'000;
  using Admission = SieveCache::Admission;
  std::printf(
      "| trace | cache | LRU | SIEVE | S3-FIFO | W-TinyLFU | SIEVE, admitted | "
      "the edge | Belady | Belady by size |\n"
      "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |\n");
  for (const auto& [name, trace] : make_traces(requests)) {
    const auto next = next_uses(trace);
    for (const double share : {0.01, 0.1}) {
      const auto capacity =
          static_cast<std::uint64_t>(static_cast<double>(footprint(trace)) * share);
      const std::size_t counters = capacity / 16'384;
      std::vector<std::unique_ptr<Policy>> policies;
      policies.push_back(std::make_unique<Lru>(capacity));
      policies.push_back(std::make_unique<SieveCache>(capacity, Admission::all, 64));
      policies.push_back(std::make_unique<S3Fifo>(capacity));
      policies.push_back(std::make_unique<WTinyLfu>(capacity, counters));
      policies.push_back(std::make_unique<SieveCache>(capacity, Admission::aggregate, counters));
      policies.push_back(std::make_unique<Meridian>(capacity));
      policies.push_back(std::make_unique<Belady>(capacity, false));
      policies.push_back(std::make_unique<Belady>(capacity, true));
      std::printf("| %s | %.0f MB, %.0f %% |", name.c_str(), static_cast<double>(capacity) / 1e6,
                  share * 100);
      for (const auto& policy : policies) {
        const auto ratios = replay(trace, next, *policy);
        std::printf(" %.1f / %.1f |", ratios.objects, ratios.bytes);
        std::fflush(stdout);
      }
      std::printf("\n");
    }
  }
}
