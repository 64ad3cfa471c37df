#include "edge-node/duties.h"

#include <time.h>

#include "common/observe/log.h"
#include "edge-node/load_meter.h"

namespace meridian::edge {
namespace {

/// Of the process, ever.
std::chrono::nanoseconds cpu_time() {
  timespec used{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
  return std::chrono::seconds(used.tv_sec) + std::chrono::nanoseconds(used.tv_nsec);
}

/// Tells the controller each second, and at once when something has changed.
void keep_reporting(const std::stop_token& stop, Changes& changes, Edge& edge, LoadMeter meter,
                    control::NodeClient& client) {
  while (!stop.stop_requested()) {
    meter.measure({.sent_bytes = edge.sent_bytes(),
                   .cpu_time = cpu_time(),
                   .answered_requests = edge.answered_requests()},
                  Clock::now());
    auto report = edge.health_report();
    report.mutable_load()->set_bits_per_second(meter.bits_per_second());
    report.mutable_load()->set_cpu(meter.cpu());
    report.mutable_load()->set_requests_per_second(meter.requests_per_second());
    edge.tell_overload(*report.mutable_load());
    client.report(std::move(report));
    edge.free_retired();
    changes.wait(stop, std::chrono::seconds(1));
  }
}

}  // namespace

void Changes::add() {
  {
    const std::lock_guard lock(mutex_);
    any_ = true;
  }
  wake_.notify_one();
}

void Changes::wait(const std::stop_token& stop, std::chrono::milliseconds most) {
  std::unique_lock lock(mutex_);
  wake_.wait_for(lock, stop, most, [this] { return any_; });
  any_ = false;
}

Result<Duties::Snapshot> Duties::take_up() {
  auto lock = DirectoryLock::take(options_.directory);
  if (!lock) return at("--dir", lock.error());
  lock_ = std::move(*lock);
  if (auto opened = open_metrics(); !opened) return at("--metrics", opened.error());
  if (auto joined = join(); !joined) return joined.error();
  if (!std::exchange(purges_resumed_, true)) edge_.resume_purges(client_->status().purge_sequence);
  const bool served = client_->serve_from_disk();
  if (!served)
    log::info("waiting for the first snapshot: ports are taken, nobody is served yet",
              {{"https", edge_.https_endpoints().front().text()}});
  return served ? Snapshot::served : Snapshot::none;
}

Result<void> Duties::open_metrics() {
  if (options_.metrics.empty()) return boost::system::in_place_value;
  const auto endpoint = parse_endpoint(options_.metrics);
  if (!endpoint) return endpoint.error();
  auto server = MetricsServer::listen(*endpoint);
  if (!server) return server.error();
  metrics_ = std::move(*server);
  return boost::system::in_place_value;
}

Result<void> Duties::join() {
  Edge& e = edge_;
  const auto& http = e.http_endpoints();
  auto client = daemon::join_control_plane(
      options_, v1::ROLE_EDGE, e.https_endpoints().front().port,
      http.empty() ? std::nullopt : std::optional<std::uint32_t>(http.front().port),
      {.on_snapshot = [&e](const v1::Snapshot& snapshot) { return e.apply(snapshot); },
       .on_health = [](const v1::HealthUpdate&) {},  // verdicts are for DNS nodes
       .on_purge = [&e](const v1::Purge& purge) { return e.purge(purge); },
       .on_purge_reset = [&e](PurgeSequence up_to) { e.purge_everything(up_to); },
       .on_identity = [&e](const tls::Identity& identity) { e.use_identity(identity); },
       .on_explain = {},
       .on_explain_http =
           [&e](const v1::HttpExplainRequest& request) { return e.explain_http(request); },
       .on_steering_report = {}});
  if (!client) return client.error();
  client_ = std::move(*client);
  return boost::system::in_place_value;
}

void Duties::listen_to_controller() {
  client_->start();
  reports_ = std::jthread([this](const std::stop_token& stop) {
    keep_reporting(stop, changes_, edge_, LoadMeter(workers_), *client_);
  });
  if (!metrics_) return;
  daemon::add_node_metrics(*metrics_, *client_);
  edge_.add_metrics(*metrics_);
}

void Duties::lay_down() {
  metrics_.reset();
  reports_ = {};
  if (client_) client_->stop();
  client_.reset();
  lock_.reset();
}

}  // namespace meridian::edge
