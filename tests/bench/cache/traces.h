#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <random>
#include <string>
#include <vector>

/// Requests to replay, made from a seed: the same on every machine.
namespace meridian::bench {

struct Request {
  std::uint64_t key;
  std::uint64_t bytes;
};
using Trace = std::vector<Request>;

/// 100 B to 100 MB, the same for a key whatever trace it is in: most are small, most bytes are in
/// the large ones.
inline std::uint64_t size_of(std::uint64_t key) {
  std::mt19937_64 random(key * 0x9e3779b97f4a7c15u + 1);
  std::normal_distribution<double> log_bytes(std::log(12'000.0), 2.2);
  return static_cast<std::uint64_t>(std::clamp(std::exp(log_bytes(random)), 100.0, 1e8));
}

/// Ranks by Zipf's law, from a table of sums.
class Zipf {
 public:
  Zipf(std::size_t items, double exponent) {
    double sum = 0;
    for (std::size_t i = 1; i <= items; ++i) {
      sum += 1 / std::pow(static_cast<double>(i), exponent);
      sums_.push_back(sum);
    }
  }
  std::size_t draw(std::mt19937_64& random) const {
    const double at = static_cast<double>(random() >> 11) * 0x1p-53 * sums_.back();
    return static_cast<std::size_t>(std::lower_bound(sums_.begin(), sums_.end(), at) -
                                    sums_.begin());
  }

 private:
  std::vector<double> sums_;
};

/// Which keys are asked for, one after another.
inline Trace make_trace(std::size_t requests,
                        const std::function<std::uint64_t(std::size_t, std::mt19937_64&)>& next) {
  std::mt19937_64 random(20260101);
  Trace trace;
  trace.reserve(requests);
  for (std::size_t i = 0; i < requests; ++i) {
    const auto key = next(i, random);
    trace.push_back({key, size_of(key)});
  }
  return trace;
}

constexpr std::size_t kItems = 100'000;
constexpr std::uint64_t kOther = std::uint64_t{1} << 40;  // keys of no Zipf item

struct NamedTrace {
  std::string name;
  Trace trace;
};

inline std::vector<NamedTrace> make_traces(std::size_t requests) {
  const Zipf flat(kItems, 0.8), steep(kItems, 1.0);
  std::uint64_t scanned = kOther;
  return {
      {"zipf 0.8", make_trace(requests, [&](auto, auto& random) { return flat.draw(random); })},
      {"zipf 1.0", make_trace(requests, [&](auto, auto& random) { return steep.draw(random); })},
      // A crawler: three of ten requests are for what nobody asks for again.
      {"scan", make_trace(requests,
                          [&](auto, auto& random) {
                            return random() % 10 < 3 ? scanned++ : flat.draw(random);
                          })},
      // Every second request goes round a set that does not fit.
      {"loop", make_trace(requests,
                          [&](std::size_t i, auto& random) -> std::uint64_t {
                            return i % 2 ? kOther + i / 2 % 30'000 : flat.draw(random);
                          })},
      // Every 50,000 requests another twentieth of the items becomes what is popular.
      {"change", make_trace(requests,
                            [&](std::size_t i, auto& random) {
                              return (steep.draw(random) + i / 50'000 * (kItems / 20)) % kItems;
                            })},
  };
}

}  // namespace meridian::bench
