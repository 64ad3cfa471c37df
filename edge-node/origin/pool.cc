#include "edge-node/origin/pool.h"

#include <algorithm>
#include <utility>

namespace meridian::edge {
namespace {

/// Shorter than what common servers allow (nginx 75 s, Node.js 5 s is the odd one out, and a
/// request that meets such a closed connection is sent again).
constexpr std::chrono::seconds kMaxIdle{30};

}  // namespace

std::unique_ptr<Stream> IdleConnections::take(const std::shared_ptr<Origin>& origin) {
  const auto found = idle_.find(origin);
  if (found == idle_.end()) return nullptr;
  auto& waiting = found->second;
  while (!waiting.empty()) {
    auto stream = std::move(waiting.back().stream);
    waiting.pop_back();
    if (!stream->has_unexpected_input()) return stream;
  }
  return nullptr;
}

void IdleConnections::put(const OriginPool& pool, const std::shared_ptr<Origin>& origin,
                          std::unique_ptr<Stream> stream, Instant now) {
  const auto share = (pool.max_idle_connections + workers_ - 1) / workers_;
  auto& waiting = idle_[origin];
  if (waiting.size() < share) waiting.push_back({std::move(stream), now});
}

void IdleConnections::sweep(Instant now) {
  for (auto& [origin, waiting] : idle_)
    std::erase_if(waiting, [&](const Idle& idle) { return now - idle.since > kMaxIdle; });
  std::erase_if(idle_, [](const auto& item) { return item.second.empty(); });
}

}  // namespace meridian::edge
