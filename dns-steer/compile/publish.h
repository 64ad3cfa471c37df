#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "common/base/time.h"
#include "dns-steer/query/serving.h"
#include "dns-steer/steer/health_state.h"
#include "dns-steer/steer/load_state.h"

namespace meridian::dns {

/// Brings together revisions, verdicts with the load of edges, and own votes, and hands what is to
/// be served to the workers whenever it changed. Any thread; the data path never waits here.
class Publisher {
 public:
  using Sink = std::function<void(std::shared_ptr<const Serving>)>;

  /// `sink` gets each new state; it is called under the publisher's lock, and must only pass it on.
  explicit Publisher(Sink sink) : sink_(std::move(sink)) {}

  /// `signatures`: of the zones of `snapshot`, which may be the one that is served.
  void take(std::shared_ptr<const Snapshot> snapshot, Instant now,
            std::shared_ptr<const Signatures> signatures = {});
  void take(const v1::HealthUpdate& update, Instant now);
  void take(const std::vector<v1::EdgeVote>& own_votes, Instant now);
  /// Notices verdicts that grow stale, and frees what no worker uses any more. Once a second.
  void tick(Instant now);

  /// Null before the first snapshot.
  std::shared_ptr<const Serving> current() const;

 private:
  enum class News : std::uint8_t { any, load };
  void publish(Instant now, News news = News::any);

  mutable std::mutex mutex_;
  Sink sink_;
  HealthState health_;
  HealthView view_;     // as last published
  LastGood last_good_;  // up to then; forgotten when the process ends
  LoadState load_;      // the same
  std::shared_ptr<const Snapshot> snapshot_;
  std::shared_ptr<const Signatures> signatures_;
  std::shared_ptr<const Serving> current_;
  // Kept until workers have let go, so that none of them pays for freeing it.
  std::vector<std::shared_ptr<const Serving>> retired_;
};

}  // namespace meridian::dns
