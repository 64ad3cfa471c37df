#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "common/base/id.h"
#include "common/base/result.h"
#include "common/tls/identity.h"
#include "meridian/v1/distribution.pb.h"
#include "meridian/v1/health.pb.h"

namespace meridian::control {

/// What a node does with what the controller says. All are called on the client's one control
/// thread, never at the same time, and may take long: nothing on the data path waits for them.
struct NodeHandlers {
  /// Compile `snapshot` and put it into service. On an Error the node keeps what it had, and the
  /// controller is told (NACK). Called first, if possible, with the newest good one from disk.
  std::function<Result<void>(const v1::Snapshot& snapshot)> on_snapshot;
  /// Newest state whole. Not called for an update older than one already seen.
  std::function<void(const v1::HealthUpdate& update)> on_health;
  /// Apply so that nothing it names is served again once this returns. Edges only.
  std::function<Result<void>(const v1::Purge& purge)> on_purge;
  /// Treat all that is stored as stale, in place of all purges up to `up_to`, which may be less
  /// than before. Edges only.
  std::function<void(PurgeSequence up_to)> on_purge_reset;
  /// By what this node proves who it is: first in create(), then whenever it was renewed.
  std::function<void(const tls::Identity& identity)> on_identity;
  /// DNS nodes only.
  std::function<v1::ExplainResponse(const v1::ExplainRequest& request)> on_explain;
  /// Edges only.
  std::function<v1::HttpExplanation(const v1::HttpExplainRequest& request)> on_explain_http;
  /// A report may take seconds, for which nothing else must wait: `reply` may be called later, from
  /// any thread, also after the client is gone. DNS nodes only.
  using Reply = std::function<void(v1::SteeringReport report)>;
  std::function<void(const v1::SteeringReportRequest& request, Reply reply)> on_steering_report;
};

struct NodeClientOptions {
  std::vector<std::string> controllers;  // host:port, tried in random order
  std::filesystem::path directory;       // identity/, snapshots/ and purge-sequence live here
  v1::Role role = v1::ROLE_UNSPECIFIED;
  std::chrono::milliseconds bake_time{60'000};
  /// Asked for a new identity once that of the node has expired, on the control thread: what is
  /// served does not wait for it, stop() does. Empty: there is no join token.
  std::function<Result<tls::Identity>(const tls::Identity& expired)> enroll = {};
  std::chrono::milliseconds enrolment_retry{60'000};
};

struct NodeClientStatus {
  bool connected = false;
  Revision revision;
  PurgeSequence purge_sequence;
};

/// A node's end of the control plane (DESIGN 3.1, 5): serves from disk at once, keeps a stream to
/// any controller of the list, takes snapshots, verdicts and purges, answers ACK or NACK, renews
/// the certificate at two thirds of its life, or enrols anew when it has expired, reconnects with
/// backoff and full jitter. Memory is bounded: of snapshots, verdicts and reports only the newest
/// waits.
class NodeClient {
 public:
  /// Needs the identity of an enrolled node in `directory`/identity, be it expired.
  static Result<std::unique_ptr<NodeClient>> create(NodeClientOptions options,
                                                    NodeHandlers handlers);
  /// Stops and joins.
  ~NodeClient();

  /// Hands the newest good snapshot on disk to `on_snapshot`, on the caller's thread, before
  /// anything else. False: there is none that works.
  bool serve_from_disk();
  /// Starts the control thread.
  void start();
  /// No handler runs after it returns. Idempotent.
  void stop();

  /// Sent on the Health stream; of several not yet sent only the newest is. Any thread.
  void report(v1::HealthReport report);
  /// Any thread.
  NodeClientStatus status() const;
  const tls::PeerName& name() const;

 private:
  class State;
  explicit NodeClient(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace meridian::control
