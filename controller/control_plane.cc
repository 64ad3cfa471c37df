#include "controller/control_plane.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/health_check_service_interface.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/security/tls_certificate_provider.h>
#include <grpcpp/security/tls_credentials_options.h>

#include "common/observe/log.h"
#include "common/observe/metrics.h"
#include "controller/api/admin.h"
#include "controller/distribute/fan_out.h"
#include "controller/distribute/services.h"
#include "controller/dnssec/key_keeper.h"
#include "controller/dnssec/shared_serials.h"
#include "controller/identity/enroll.h"
#include "controller/identity/init.h"
#include "controller/secrets/vault.h"
#include "controller/store/certificate_ends.h"
#include "controller/transfer/notify_listener.h"
#include "controller/transfer/zone_transfers.h"

namespace meridian::control {
namespace {

constexpr int kMostMessageBytes = 64 << 20;
constexpr unsigned kIdentityReloadSeconds = 60;
constexpr std::chrono::seconds kStopTimeout{2};

// TLS with the identity in `directory`, read again when it changes. A client certificate is asked
// for and, if there is one, verified; which calls need one is for the services to say.
std::shared_ptr<grpc::ServerCredentials> server_credentials(const DataDirectory& data) {
  namespace tls_api = grpc::experimental;
  const auto file = [&](const char* name) { return (data.identity() / name).string(); };
  const auto provider = std::make_shared<tls_api::FileWatcherCertificateProvider>(
      file("key.pem"), file("chain.pem"), file("ca.pem"), kIdentityReloadSeconds);
  tls_api::TlsServerCredentialsOptions options(provider);
  options.watch_root_certs();
  options.watch_identity_key_cert_pairs();
  options.set_cert_request_type(GRPC_SSL_REQUEST_CLIENT_CERTIFICATE_AND_VERIFY);
  return tls_api::TlsServerCredentials(options);
}

void set_limits(grpc::ServerBuilder& builder) {
  builder.SetMaxReceiveMessageSize(kMostMessageBytes);
  builder.SetMaxSendMessageSize(kMostMessageBytes);
  // A dead peer is noticed within ten seconds.
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, 5'000);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 5'000);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, 1'000);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, 64);
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
}

std::vector<MetricSample> expiries(const CertificateEnds::Ends& ends) {
  std::vector<MetricSample> samples;
  samples.reserve(ends->size());
  for (const auto& end : *ends)
    samples.push_back(
        {{{"certificate", end.name}}, static_cast<double>(WallClock::to_time_t(end.not_after))});
  return samples;
}

std::vector<MetricSample> by(const char* label,
                             std::vector<std::pair<const char*, double>> values) {
  std::vector<MetricSample> samples;
  for (const auto& [value, count] : values) samples.push_back({{{label, value}}, count});
  return samples;
}

}  // namespace

// Members in the order of dependence: what is below is destroyed first.
class ControlPlane::State {
 public:
  State(ControlPlaneOptions options, Authority authority, const Seal& seal,
        std::unique_ptr<SqliteStore> store, std::unique_ptr<Head> head)
      : options_(std::move(options)),
        authority_(std::move(authority)),
        seal_(seal),
        store_(std::move(store)),
        head_(std::move(head)) {}
  ~State() { stop(); }

  Result<void> listen() {
    grpc::EnableDefaultHealthCheckService(true);
    grpc::reflection::InitProtoReflectionServerBuilderPlugin();
    head_->announce_to([this] {
      fan_out_.revision_news();
      transfers_.revision_news();
    });
    if (options_.notify_listen) {
      auto listening =
          NotifyListener::listen(*options_.notify_listen, *head_, [this](const std::string& zone) {
            (void)transfers_.refresh(zone, ZoneTransfers::Wish::check);
          });
      if (!listening) return listening.error();
      notify_ = std::move(*listening);
    }
    grpc::ServerBuilder builder;
    set_limits(builder);
    builder.AddListeningPort(options_.listen.text(),
                             server_credentials(DataDirectory{options_.directory}), &port_);
    for (grpc::Service* service :
         std::initializer_list<grpc::Service*>{&enrollment_, &distribution_, &health_, &admin_})
      builder.RegisterService(service);
    server_ = builder.BuildAndStart();
    if (!server_ || port_ == 0)
      return Error(options_.listen.text(), "cannot listen here: is the address another's?");
    fan_out_.start();
    transfers_.start();
    return {};
  }

  void stop() {
    notify_.reset();
    transfers_.stop();
    if (!server_) return;
    for (const auto& stream : registry_.streams())
      stream->close({grpc::StatusCode::UNAVAILABLE, "the controller stops"});
    questions_.close();
    purge_watch_.close();
    server_->Shutdown(std::chrono::system_clock::now() + kStopTimeout);
    server_->Wait();
    server_.reset();
    fan_out_.stop();
  }

  Result<void> renew_identity() {
    const auto loaded = load_controller(options_.directory, options_.clocks.wall());
    if (!loaded) return loaded.error();
    return {};
  }

  Result<void> rotate_secrets() {
    const auto rotated = rotate_due_secrets(*head_, seal_, {"controller", options_.clocks.wall()});
    if (!rotated) return rotated.error();
    return {};
  }

  Result<void> advance_keys() {
    const auto advanced = keys_.tick();
    const auto moved = serials_.tick(*head_, options_.clocks);  // whatever one zone's keys lack
    return advanced ? moved : advanced;
  }

  void add_metrics(MetricsServer& metrics) const;
  int port() const { return port_; }

 private:
  /// The newest revision that all declared DNS nodes have acknowledged.
  Revision all_dns_nodes_have() const {
    const auto head = head_->current();
    auto lowest = head->revision;
    for (const auto& [id, resource] : head->configuration.resources()) {
      if (id.first == v1::KIND_NODE && resource.node().role() == v1::ROLE_DNS)
        lowest = std::min(lowest, registry_.record(id.second).acknowledged);
    }
    return lowest;
  }

  const ControlPlaneOptions options_;
  const Authority authority_;
  const Seal seal_;
  const std::unique_ptr<SqliteStore> store_;
  const std::unique_ptr<Head> head_;
  const WallTime started_ = options_.clocks.wall();
  HealthBoard board_{static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::milliseconds>(started_.time_since_epoch()).count())};
  NodeRegistry registry_;
  Questions questions_;
  PurgeWatch purge_watch_;
  KeyKeeper keys_{{.head = *head_, .seal = seal_, .clocks = options_.clocks, .all_have = [this] {
                     return all_dns_nodes_have();
                   }}};
  SharedSerials serials_;
  FanOut fan_out_{{*head_, board_, registry_, questions_, purge_watch_, options_.clocks},
                  options_.quiet_start};
  ZoneTransfers transfers_{*head_, options_.clocks};
  std::unique_ptr<NotifyListener> notify_;
  mutable CertificateEnds certificate_ends_;  // for metrics
  StreamContext streams_{.head = *head_,
                         .store = *store_,
                         .board = board_,
                         .registry = registry_,
                         .questions = questions_,
                         .clocks = options_.clocks,
                         .progress = [this] { fan_out_.progress_news(); }};
  ReportContext reports_{
      .head = *head_, .board = board_, .clocks = options_.clocks, .news = [this] {
        fan_out_.vote_news();
      }};
  EnrollmentService enrollment_{
      {authority_, *store_, *head_, options_.clocks, options_.node_certificate_life}};
  DistributionService distribution_{streams_, authority_.trust_domain()};
  HealthService health_{reports_, authority_.trust_domain()};
  AdminService admin_{{.authority = authority_,
                       .seal = seal_,
                       .store = *store_,
                       .head = *head_,
                       .board = board_,
                       .registry = registry_,
                       .questions = questions_,
                       .purge_watch = purge_watch_,
                       .keys = keys_,
                       .transfers = transfers_,
                       .clocks = options_.clocks,
                       .purge_news = [this] { fan_out_.purge_news(); },
                       .wait_news = [this] { fan_out_.progress_news(); },
                       .started = started_}};
  std::unique_ptr<grpc::Server> server_;
  int port_ = 0;
};

void ControlPlane::State::add_metrics(MetricsServer& metrics) const {
  const auto counter = [&](const char* name, const char* help, auto read) {
    metrics.add_counter(name, help, read_value([read] { return static_cast<double>(read()); }));
  };
  const auto gauge = [&](const char* name, const char* help, auto read) {
    metrics.add_gauge(name, help, read_value([read] { return static_cast<double>(read()); }));
  };
  gauge("meridian_controller_revision", "The newest revision.",
        [this] { return head_->current()->revision.value; });
  metrics.add_gauge("meridian_controller_connected_nodes", "Nodes with an open stream.", [this] {
    return by("role", {{"dns", registry_.connected(v1::ROLE_DNS)},
                       {"edge", registry_.connected(v1::ROLE_EDGE)}});
  });
  gauge("meridian_controller_unhealthy_edges", "Edges that are down for everybody.",
        [this] { return board_.unhealthy_edges(); });
  gauge("meridian_controller_ca_expires_seconds", "When the CA expires, in seconds since 1970.",
        [this] { return WallClock::to_time_t(authority_.expires()); });
  metrics.add_gauge("meridian_controller_certificate_not_after_seconds",
                    "When each Certificate expires, in seconds since 1970.",
                    [this] { return expiries(certificate_ends_.of(*head_->current())); });
  counter("meridian_controller_snapshots_pushed_total", "Snapshots written to nodes.",
          [this] { return streams_.pushes.load(); });
  metrics.add_counter(
      "meridian_controller_snapshot_answers_total", "What nodes said to their snapshots.", [this] {
        return by("answer",
                  {{"ack", registry_.acknowledgements()}, {"nack", registry_.refusals()}});
      });
  counter("meridian_controller_verdict_changes_total",
          "Verdicts that changed, counted for each location of DNS nodes and for the whole.",
          [this] { return fan_out_.verdict_changes(); });
  counter("meridian_controller_health_reports_total", "Health reports taken.",
          [this] { return reports_.reports.load(); });
  metrics.add_counter("meridian_controller_enrolments_total", "Enrolments and renewals.", [this] {
    return by("result", {{"enrolled", enrollment_.enrolled()},
                         {"renewed", enrollment_.renewed()},
                         {"refused", enrollment_.refused()}});
  });
  gauge("meridian_controller_zones_waiting_for_parent",
        "Zones with a DS record to be put into the parent zone, or removed there, and confirmed.",
        [this] { return keys_.waiting_for_parent(); });
  counter("meridian_controller_purges_total", "Purges accepted.",
          [this] { return admin_.purges(); });
  counter("meridian_controller_purges_sent_total", "Purges written to edges.",
          [this] { return streams_.purges_sent.load(); });
  counter("meridian_controller_store_commits_total", "Revisions committed.",
          [this] { return store_->commits(); });
  counter("meridian_controller_zone_transfers_total", "Zones transferred from their primaries.",
          [this] { return transfers_.transfers(); });
  counter("meridian_controller_zone_transfer_failures_total",
          "Zones whose primaries began to fail.", [this] { return transfers_.failures(); });
  gauge("meridian_controller_zones_expired",
        "Zones whose primaries were not reached for as long as their SOA's EXPIRE.",
        [this] { return transfers_.expired(); });
  metrics.add_counter("meridian_controller_notifies_total", "NOTIFY messages of primaries.",
                      [this] {
                        const auto* notify = notify_.get();
                        return by("result", {{"heard", notify ? notify->heard() : 0},
                                             {"refused", notify ? notify->refused() : 0}});
                      });
  counter("meridian_controller_changes_refused_total",
          "Changes refused by validation or overtaken.", [this] { return head_->refusals(); });
}

Result<std::unique_ptr<ControlPlane>> ControlPlane::start(ControlPlaneOptions options) {
  auto controller = load_controller(options.directory, options.clocks.wall());
  if (!controller) return controller.error();
  auto store = SqliteStore::open(DataDirectory{options.directory}.store() / "store.db");
  if (!store) return store.error();
  const auto seal = load_seal(DataDirectory{options.directory}.ca(), **store);
  if (!seal) return seal.error();
  auto secrets = open_secrets(**store, *seal, options.clocks.wall());
  if (!secrets) return secrets.error();
  auto head = Head::load(**store, std::move(*secrets));
  if (!head) return head.error();
  auto state = std::make_unique<State>(std::move(options), std::move(controller->authority), *seal,
                                       std::move(*store), std::move(*head));
  if (const auto listening = state->listen(); !listening) return listening.error();
  return std::unique_ptr<ControlPlane>(new ControlPlane(std::move(state)));
}

ControlPlane::ControlPlane(std::unique_ptr<State> state) : state_(std::move(state)) {}
ControlPlane::~ControlPlane() = default;

std::uint16_t ControlPlane::port() const { return static_cast<std::uint16_t>(state_->port()); }
void ControlPlane::add_metrics(MetricsServer& metrics) const { state_->add_metrics(metrics); }
Result<void> ControlPlane::renew_identity() { return state_->renew_identity(); }
Result<void> ControlPlane::rotate_secrets() { return state_->rotate_secrets(); }
Result<void> ControlPlane::advance_keys() { return state_->advance_keys(); }
void ControlPlane::stop() { state_->stop(); }

}  // namespace meridian::control
