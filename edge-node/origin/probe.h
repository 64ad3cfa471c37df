#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "common/base/result.h"
#include "edge-node/net/loop_thread.h"
#include "edge-node/origin/origin_pool.h"
#include "edge-node/origin/resolve.h"

namespace meridian::edge {

/// Probes every origin of every pool and every edge of its shield from this node, on a thread of
/// its own, and keeps Origin::up. An origin counts as up until probes have failed.
class OriginProber {
 public:
  /// `on_change` runs on the prober's thread when an origin has gone up or down.
  static Result<std::unique_ptr<OriginProber>> start(std::function<void()> on_change);
  ~OriginProber();

  /// These pools from now on, instead of all before. Any thread.
  void probe(std::vector<std::shared_ptr<const OriginPool>> pools);

 private:
  OriginProber() = default;
  /// What is probed once: `origins` are the same place, as several pools know it.
  struct Target {
    std::shared_ptr<const OriginPool> pool;  // of the first
    std::vector<std::shared_ptr<Origin>> origins;
  };
  asio::awaitable<void> keep_probing(Target target, std::uint64_t round);
  /// Empty: success; otherwise why not. No value: it says nothing about the origin.
  asio::awaitable<std::optional<std::string>> probe_once(const OriginPool& pool,
                                                         const Origin& origin);
  std::chrono::milliseconds with_jitter(std::chrono::milliseconds interval);

  LoopThread thread_;
  std::unique_ptr<Resolver> resolver_;
  std::function<void()> on_change_;
  std::mt19937_64 random_{std::random_device{}()};
  std::uint64_t round_ = 0;  // of probe(); coroutines of earlier ones end
};

}  // namespace meridian::edge
