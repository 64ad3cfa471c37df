#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/base/result.h"
#include "common/net/address.h"

namespace meridian {

/// A counter with one writer (its worker) and any readers. Adding costs a load and a store.
class WorkerCounter {
 public:
  void add(std::uint64_t n = 1) noexcept {
    value_.store(value_.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
  }
  std::uint64_t value() const noexcept { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

/// One line of a metric: its labels, with few possible values each, and its value now.
struct MetricSample {
  std::vector<std::pair<std::string, std::string>> labels;
  double value = 0;
};

/// One histogram: its labels, and how many values each bucket has. `counts` has one more than
/// `bounds`, for what is above them all.
struct HistogramSample {
  std::vector<std::pair<std::string, std::string>> labels{};
  std::vector<double> bounds{};  // upper ends, growing
  std::vector<std::uint64_t> counts{};
  double sum = 0;
};

/// Serves `/metrics` in the Prometheus text format on threads of its own. What is registered is
/// read at scrape time, on those threads: the function must be safe to call there until the
/// server is destroyed. Names: `meridian_<part>_<thing>_<unit>[_total]`.
class MetricsServer {
 public:
  using Read = std::function<std::vector<MetricSample>()>;
  using ReadHistograms = std::function<std::vector<HistogramSample>()>;

  /// Port 0 takes a free one. An Error if the address cannot be bound.
  static Result<std::unique_ptr<MetricsServer>> listen(const Endpoint& endpoint);
  ~MetricsServer();

  void add_counter(std::string name, std::string help, Read read);
  void add_gauge(std::string name, std::string help, Read read);
  void add_histogram(std::string name, std::string help, ReadHistograms read);
  std::uint16_t port() const;

 private:
  struct State;
  explicit MetricsServer(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// For a metric with one value and no labels.
MetricsServer::Read read_value(std::function<double()> value);

}  // namespace meridian
