#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <thread>

#include "common/daemon/node_options.h"
#include "common/disk/directory_lock.h"
#include "edge-node/edge.h"

namespace meridian::edge {

/// Says that something has changed that the controller should hear of. Any thread.
class Changes {
 public:
  void add();
  /// Until there is one, or for `most`.
  void wait(const std::stop_token& stop, std::chrono::milliseconds most);

 private:
  std::mutex mutex_;
  std::condition_variable_any wake_;
  bool any_ = false;
};

/// What one process of a node does, and no other at the same time: it keeps the node's directory,
/// talks to the controller, and has the port of metrics. Of several threads one at a time.
class Duties {
 public:
  /// All outlive it.
  Duties(const daemon::NodeOptions& options, unsigned workers, Edge& edge, Changes& changes)
      : options_(options), workers_(workers), edge_(edge), changes_(changes) {}
  ~Duties() { lay_down(); }

  enum class Snapshot { served, none };
  /// Serves from the disk what the controller gave last, if there is anything.
  Result<Snapshot> take_up();
  /// After take_up(): from now on the controller is listened to.
  void listen_to_controller();
  /// Idempotent.
  void lay_down();

 private:
  Result<void> open_metrics();
  Result<void> join();

  const daemon::NodeOptions& options_;
  const unsigned workers_;
  Edge& edge_;
  Changes& changes_;
  bool purges_resumed_ = false;
  std::optional<DirectoryLock> lock_;
  std::unique_ptr<control::NodeClient> client_;
  std::unique_ptr<MetricsServer> metrics_;  // reads of the client
  std::jthread reports_;                    // to the client
};

}  // namespace meridian::edge
