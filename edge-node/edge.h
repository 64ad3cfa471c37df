#pragma once

#include <atomic>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "common/base/id.h"
#include "common/base/result.h"
#include "common/disk/directory_lock.h"
#include "common/net/address.h"
#include "common/observe/metrics.h"
#include "edge-node/cache/refill_period.h"
#include "edge-node/compile/compile.h"
#include "edge-node/disk/disk_tier.h"
#include "edge-node/disk/purge_journal.h"
#include "edge-node/geo/places_reload.h"
#include "edge-node/io/handover.h"
#include "edge-node/io/worker.h"
#include "edge-node/ocsp/stapler.h"
#include "edge-node/origin/probe.h"
#include "edge-node/rules/rate_limits.h"
#include "meridian/v1/distribution.pb.h"
#include "meridian/v1/health.pb.h"

namespace meridian::edge {

struct EdgeOptions {
  std::vector<Endpoint> https;
  std::vector<Endpoint> http;
  AccessLogOptions access_log;
  std::size_t cache_bytes = std::size_t{256} << 20;
  std::filesystem::path cache_disk;  // directory; empty: memory alone
  std::uint64_t cache_disk_bytes = std::uint64_t{10} << 30;
  std::vector<std::filesystem::path> geoip;  // databases of places, and directories of them
  std::filesystem::path geoip_copies;        // where the edge keeps copies of its own
  std::filesystem::path ocsp_proofs{};       // where the edge keeps them; empty: in memory alone
  unsigned workers = 1;
  VisitorLimits limits;
  OverloadLimits overload;
  std::vector<HandedSocket> handed;  // by the process that served before
  TrustedProxies proxies;            // who must say in front of a connection whom it comes from
};

/// All parts of an edge but its control plane: workers, cache, prober, access log. The functions
/// that take configuration and purges are called from one thread.
class Edge {
 public:
  /// Takes the ports; serves nothing yet. `on_health_change` may run on any thread.
  static Result<std::unique_ptr<Edge>> start(EdgeOptions options,
                                             std::function<void()> on_health_change);
  ~Edge();

  /// The ports that were taken, of port 0 too.
  const std::vector<Endpoint>& https_endpoints() const { return https_; }
  const std::vector<Endpoint>& http_endpoints() const { return http_; }

  /// Compiles and serves `snapshot`; the first one opens the listeners.
  Result<void> apply(const v1::Snapshot& snapshot);
  /// Nothing that it names is served again once this returns; after a soft one, not as fresh.
  Result<void> purge(const v1::Purge& purge);
  /// In place of all purges up to `up_to`.
  void purge_everything(PurgeSequence up_to);
  /// Before the first snapshot: how far the node has applied purges. What lies on disk is used from
  /// then on, unless purges are missing there.
  void resume_purges(PurgeSequence applied);

  /// By what other edges know this one, and who they are: before the first snapshot, and whenever
  /// it was renewed. Without it no other edge fetches through this one, and this one through none.
  void use_identity(const tls::Identity& identity);

  /// All that visitors come by now. They stay its own.
  std::vector<std::pair<int, Scheme>> listening() const;
  /// Another process is to have the cache on disk: this one goes on in memory.
  void release_disk();
  /// Another process serves, and hears of purges: nothing more is stored or answered from here.
  void hand_over() { handed_over_.store(true); }

  /// What would become of a request. Any thread.
  v1::HttpExplanation explain_http(const v1::HttpExplainRequest& request) const;
  /// What to tell the controller now; of the load, what is not a rate. Any thread.
  v1::HealthReport health_report() const;
  /// In a report, once the rates are there: an edge that sheds says that it is full, so that DNS
  /// leads visitors elsewhere. Any thread.
  void tell_overload(v1::EdgeLoad& load) const;
  /// A worker takes on less than it is asked for. Any thread.
  bool is_overloaded() const;
  void add_metrics(MetricsServer& server) const;
  /// Frees old configurations that no request uses any more, which takes long where they are large:
  /// now and then, and on a thread that nobody waits for.
  void free_retired();
  void reopen_access_log() { access_log_->reopen(); }

  /// Stops taking visitors and says so in health answers. Who is here leaves after an answer, from
  /// a moment within `over` on.
  void drain(std::chrono::milliseconds over);
  /// As the settings say; no value: they say nothing. Any thread.
  std::optional<std::chrono::milliseconds> drain_time() const;
  std::uint64_t open_connections() const;
  /// Of bodies, to visitors, ever. Any thread.
  std::uint64_t sent_bytes() const { return sum(&Counters::bytes_sent); }
  std::uint64_t answered_requests() const { return sum(&Counters::requests_finished); }

 private:
  explicit Edge(EdgeOptions options);
  Result<BoundSocket> bind(const Endpoint& endpoint, Scheme scheme);
  Result<void> bind();
  Result<void> open_disk();
  Result<void> open_places();
  /// First on disk, if there is one, then in force.
  void add_marks(std::span<const PurgeMark> marks, std::uint64_t sequence);
  /// Purges `purge` as far as it is understood.
  void apply_purge(const v1::Purge& purge);
  void mark_everything();
  void add_disk_metrics(MetricsServer& server) const;
  void purge_new_sites(const Snapshot& next);
  std::shared_ptr<const Snapshot> current_snapshot() const;
  void add_origin_metrics(MetricsServer& server) const;
  void add_site_metrics(MetricsServer& server) const;
  std::uint64_t sum(WorkerCounter Counters::*counter) const;

  EdgeOptions options_;
  Purges marks_;
  PurgePosition position_;
  RefillPeriod refills_;
  const std::shared_ptr<PeerIdentity> peers_ = std::make_shared<PeerIdentity>();
  std::optional<DirectoryLock> disk_lock_;
  std::unique_ptr<disk::PurgeJournal> journal_;  // null: no disk, or it has failed
  std::unique_ptr<disk::DiskTier> disk_;         // null: none
  RamTier cache_;
  OriginGates gates_;
  RateLimits rate_limits_;
  ClientCounts client_counts_;
  std::atomic<bool> draining_{false}, handed_over_{false};
  VisitorCounts visitors_;
  std::unique_ptr<AccessLog> access_log_;
  std::unique_ptr<WorkerShared> shared_;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::unique_ptr<OriginProber> prober_;
  Compiler compiler_;
  Stapler stapler_;

  struct Bound {
    BoundSocket socket;
    unsigned worker;
    Scheme scheme;
  };
  std::vector<Bound> bound_;  // until the first snapshot
  std::vector<Endpoint> https_, http_;

  mutable std::mutex snapshot_mutex_;
  std::shared_ptr<const Snapshot> snapshot_;
  /// Those before it, so that the last request to use one does not free it on its worker.
  std::vector<std::shared_ptr<const Snapshot>> retired_;
  std::shared_ptr<const ClientPlaces> places_;  // null: none
  WorkerCounter purges_;
  std::unique_ptr<PlacesReload> places_reload_;  // last: its thread tells the workers
};

}  // namespace meridian::edge
