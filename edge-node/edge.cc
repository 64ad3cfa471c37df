#include "edge-node/edge.h"

#include <algorithm>
#include <iterator>
#include <random>
#include <unordered_set>
#include <utility>

#include "common/observe/log.h"
#include "common/tls/identity.h"
#include "edge-node/compile/compile_purge.h"
#include "edge-node/explain/explain_http.h"
#include "edge-node/net/socket_address.h"
#include "edge-node/origin/balance.h"

namespace meridian::edge {

namespace {

std::uint64_t random_seed() {
  std::random_device random;
  return std::uint64_t{random()} << 32 | random();
}

}  // namespace

Edge::Edge(EdgeOptions options)
    : options_(std::move(options)),
      cache_(options_.cache_bytes, marks_, random_seed()),
      rate_limits_(random_seed()),
      client_counts_(random_seed()),
      compiler_(peers_, options_.workers, options_.limits),
      stapler_(options_.ocsp_proofs) {}

Result<std::unique_ptr<Edge>> Edge::start(EdgeOptions options,
                                          std::function<void()> on_health_change) {
  std::unique_ptr<Edge> edge(new Edge(std::move(options)));
  const auto& wanted = edge->options_;
  if (wanted.workers > Turnstile::kWorkers)
    return Error("workers", "at most " + std::to_string(Turnstile::kWorkers));
  if (auto bound = edge->bind(); !bound) return bound.error();
  if (auto opened = edge->open_disk(); !opened) return at("cache disk", opened.error());
  auto log = AccessLog::open(wanted.access_log, wanted.workers);
  if (!log) return log.error();
  edge->access_log_ = std::move(*log);
  edge->shared_ =
      std::unique_ptr<WorkerShared>(new WorkerShared{.workers = wanted.workers,
                                                     .cache = edge->cache_,
                                                     .disk = edge->disk_.get(),
                                                     .gates = edge->gates_,
                                                     .access_log = *edge->access_log_,
                                                     .draining = edge->draining_,
                                                     .handed_over = edge->handed_over_,
                                                     .visitors = edge->visitors_,
                                                     .proxies = wanted.proxies,
                                                     .purges = edge->position_,
                                                     .refills = edge->refills_,
                                                     .rate_limits = edge->rate_limits_,
                                                     .client_counts = edge->client_counts_,
                                                     .overload = wanted.overload,
                                                     .peers = *edge->peers_});
  for (unsigned i = 0; i < wanted.workers; ++i) {
    auto worker = Worker::start(i, *edge->shared_);
    if (!worker) return worker.error();
    edge->workers_.push_back(std::move(*worker));
  }
  auto prober = OriginProber::start(std::move(on_health_change));
  if (!prober) return prober.error();
  edge->prober_ = std::move(*prober);
  if (auto opened = edge->open_places(); !opened) return at("geoip", opened.error());
  return edge;
}

/// A socket that was handed over, or one of its own.
Result<BoundSocket> Edge::bind(const Endpoint& endpoint, Scheme scheme) {
  for (auto handed = options_.handed.begin(); handed != options_.handed.end(); ++handed) {
    const auto there = local_endpoint(handed->fd());
    if (handed->scheme() != scheme || !there || there->address != endpoint.address ||
        (endpoint.port != 0 && there->port != endpoint.port))
      continue;
    BoundSocket socket(handed->release());
    options_.handed.erase(handed);
    return socket;
  }
  return BoundSocket::bind(endpoint);
}

/// Each worker its own socket of each endpoint; the first of them takes the port. Those that were
/// handed over by more workers than there are now have visitors in them, too.
Result<void> Edge::bind() {
  const auto bind_all = [this](const std::vector<Endpoint>& endpoints, Scheme scheme,
                               std::vector<Endpoint>& taken) -> Result<void> {
    for (Endpoint endpoint : endpoints) {
      for (unsigned worker = 0; worker < options_.workers; ++worker) {
        auto socket = bind(endpoint, scheme);
        if (!socket) return socket.error();
        endpoint = socket->endpoint();
        bound_.push_back({std::move(*socket), worker, scheme});
      }
      for (auto& handed : std::exchange(options_.handed, {})) {
        const auto there = local_endpoint(handed.fd());
        if (there != endpoint || handed.scheme() != scheme)
          options_.handed.push_back(std::move(handed));
        else
          bound_.push_back({BoundSocket(handed.release()),
                            static_cast<unsigned>(bound_.size() % options_.workers), scheme});
      }
      taken.push_back(endpoint);
    }
    return boost::system::in_place_value;
  };
  auto done = bind_all(options_.https, Scheme::https, https_);
  if (done) done = bind_all(options_.http, Scheme::http, http_);
  options_.handed.clear();  // of ports that are not wanted any more
  return done;
}

Edge::~Edge() {
  // Each step for all workers: a fill on one waits for readers on another, and rings their bells.
  prober_.reset();
  places_reload_.reset();
  for (const auto& worker : workers_) worker->close();
  for (const auto& worker : workers_) worker->join();
  cache_.set_second_tier(nullptr);
  disk_.reset();  // it rings bells of the workers
  gates_.close();
  workers_.clear();
}

Result<void> Edge::apply(const v1::Snapshot& from) {
  auto compiled = compiler_.compile(from);
  if (!compiled) return compiled.error();
  purge_new_sites(**compiled);
  for (const auto& worker : workers_) worker->install(*compiled);
  prober_->probe((*compiled)->pools);
  stapler_.watch(compiler_.stapled());
  {
    const std::lock_guard lock(snapshot_mutex_);
    if (snapshot_) retired_.push_back(std::move(snapshot_));
    snapshot_ = *compiled;
  }
  free_retired();
  for (auto& bound : std::exchange(bound_, {})) {
    const auto endpoint = bound.socket.endpoint();
    auto listening = workers_[bound.worker]->listen(std::move(bound.socket), bound.scheme);
    if (!listening) return listening.error();
    if (bound.worker == 0)
      log::info("listening", {{"address", endpoint.text()},
                              {"scheme", bound.scheme == Scheme::https ? "https" : "http"}});
  }
  const auto& sites = (*compiled)->sites;
  const auto asks = std::find_if(sites.begin(), sites.end(),
                                 [](const auto& site) { return site->rules_need_place; });
  if (asks != sites.end() && options_.geoip.empty())
    log::warn("rules ask where clients are, and there is no --geoip: they are in no country",
              {{"site", (*asks)->name}});
  log::info("snapshot in service",
            {{"revision", from.revision()}, {"sites", (*compiled)->sites.size()}});
  return boost::system::in_place_value;
}

void Edge::free_retired() {
  std::vector<std::shared_ptr<const Snapshot>> unused;  // freed after the lock
  const std::lock_guard lock(snapshot_mutex_);
  const auto in_use = std::partition(retired_.begin(), retired_.end(),
                                     [](const auto& old) { return old.use_count() > 1; });
  std::move(in_use, retired_.end(), std::back_inserter(unused));
  retired_.erase(in_use, retired_.end());
}

Result<void> Edge::purge(const v1::Purge& purge) {
  purges_.add();
  position_.begin({purge.sequence()});
  apply_purge(purge);
  position_.end({purge.sequence()});
  return boost::system::in_place_value;
}

void Edge::apply_purge(const v1::Purge& purge) {
  static const Snapshot kNothing;
  const Snapshot& snapshot = snapshot_ ? *snapshot_ : kNothing;
  const auto marks = compile_purge(purge, snapshot, marks_.next_generation(purge.sequence()));
  if (marks) {
    for (const auto& mark : *marks) refills_.begin(mark, Clock::now());
    return add_marks(*marks, purge.sequence());
  }
  // An error would hold up all that come after.
  const bool unknown = purge.target_case() == v1::Purge::TARGET_NOT_SET;
  log::warn(unknown ? "purge of an unknown kind: everything is purged" : "purge of what is no URL",
            {{"sequence", purge.sequence()}, {"reason", marks.error()}});
  if (unknown) return mark_everything();
  // The journal is to know that it was applied, so what is no URL purges the empty one.
  const PurgeMark nothing{.kind = PurgeKind::url,
                          .generation = marks_.next_generation(purge.sequence()),
                          .name = purge_url_hash("")};
  add_marks({&nothing, 1}, purge.sequence());
}

void Edge::purge_everything(PurgeSequence up_to) {
  position_.begin_anew(up_to);
  refills_.begin({}, Clock::now());
  mark_everything();
  position_.end_anew(up_to);
}

void Edge::use_identity(const tls::Identity& identity) {
  if (const auto used = peers_->use(identity); !used)
    log::warn("other edges cannot be known: no shield is used", {{"reason", used.error()}});
}

void Edge::mark_everything() {
  const PurgeMark mark{.generation = marks_.next_generation(0)};
  add_marks({&mark, 1}, 0);
}

void Edge::add_marks(std::span<const PurgeMark> marks, std::uint64_t sequence) {
  if (journal_) {
    auto kept = journal_->append(marks, sequence);
    // A full disk may have room when nothing else lies there, and then it needs no earlier purge.
    if (!kept) disk_->wipe();
    if (!kept) kept = journal_->begin_anew(marks, sequence);
    if (!kept) {
      log::error("purges cannot be kept on disk: the cache goes on in memory",
                 {{"reason", kept.error()}});
      journal_.reset();
      disk_->close();
    }
  }
  for (const auto& mark : marks) marks_.add(mark);
}

Result<void> Edge::open_disk() {
  if (options_.cache_disk.empty()) return boost::system::in_place_value;
  auto lock = DirectoryLock::take(options_.cache_disk);
  if (!lock) return lock.error();
  disk_lock_ = std::move(*lock);
  auto journal = disk::PurgeJournal::open(options_.cache_disk, marks_);
  if (!journal) return journal.error();
  journal_ = std::move(*journal);
  auto disk = disk::DiskTier::open(
      {.directory = options_.cache_disk, .capacity_bytes = options_.cache_disk_bytes}, marks_);
  if (!disk) return disk.error();
  disk_ = std::move(*disk);
  cache_.set_second_tier(disk_.get());
  return boost::system::in_place_value;
}

Result<void> Edge::open_places() {
  if (options_.geoip.empty()) return boost::system::in_place_value;
  DatabaseStore store(options_.geoip, options_.geoip_copies);
  auto set = open_or_copy(store);
  if (!set) return set.error();
  for (const auto& database : set->databases)
    log::info("geography", {{"file", database.path()}, {"type", database.type()}});
  const auto serve = [this](std::shared_ptr<const ClientPlaces> places) {
    for (const auto& worker : workers_) worker->install(places);
    const std::lock_guard lock(snapshot_mutex_);
    places_.swap(places);
  };
  auto first = std::make_shared<const ClientPlaces>(std::move(*set));
  places_reload_ = std::make_unique<PlacesReload>(std::move(store), first->databases(), serve);
  serve(std::move(first));
  places_reload_->start();
  return boost::system::in_place_value;
}

void Edge::resume_purges(PurgeSequence applied) {
  position_.begin(applied);
  position_.end(applied);
  if (!journal_) return;
  if (!journal_->is_whole() || journal_->sequence() < applied.value) {
    log::info("cache on disk is emptied: purges since may be missing there",
              {{"applied", applied.value}, {"there", journal_->sequence()}});
    disk_->wipe();
    const PurgeMark mark{.generation = marks_.next_generation(applied.value)};
    add_marks({&mark, 1}, applied.value);
  }
  if (!journal_) return;
  position_.begin({journal_->sequence()});  // should it know more
  disk_->use();
}

/// A site that comes, or comes back, begins with nothing: what was stored under its name long ago,
/// perhaps from other origins, is not trusted.
void Edge::purge_new_sites(const Snapshot& next) {
  if (!snapshot_) return;
  std::unordered_set<std::uint64_t> known;
  for (const auto& site : snapshot_->sites) known.insert(site->purge_name);
  for (const auto& site : next.sites)
    if (!known.contains(site->purge_name)) {
      const PurgeMark mark{.kind = PurgeKind::site,
                           .generation = marks_.next_generation(0),
                           .site = site->purge_name};
      add_marks({&mark, 1}, 0);
    }
}

std::shared_ptr<const Snapshot> Edge::current_snapshot() const {
  const std::lock_guard lock(snapshot_mutex_);
  return snapshot_;
}

v1::HttpExplanation Edge::explain_http(const v1::HttpExplainRequest& request) const {
  std::shared_ptr<const ClientPlaces> places;
  {
    const std::lock_guard lock(snapshot_mutex_);
    places = places_;
  }
  if (const auto current = current_snapshot())
    return edge::explain_http(request, *current, places.get());
  v1::HttpExplanation nothing;
  nothing.set_error("serves nothing yet");
  return nothing;
}

v1::HealthReport Edge::health_report() const {
  v1::HealthReport report;
  if (const auto current = current_snapshot()) {
    for (const auto& site : current->sites) {
      if (!is_down(*site->pool)) continue;
      auto* unserviceable = report.add_unserviceable_sites();
      unserviceable->set_site(site->name);
      unserviceable->set_reason("all origins of pool " + site->pool->name + " are down");
    }
  }
  const auto finished = sum(&Counters::requests_finished);  // first, so the difference is never < 0
  auto* load = report.mutable_load();
  load->set_requests_in_flight(
      static_cast<std::uint32_t>(sum(&Counters::requests_started) - finished));
  load->set_connections(static_cast<std::uint32_t>(open_connections()));
  return report;
}

bool Edge::is_overloaded() const {
  return std::any_of(workers_.begin(), workers_.end(),
                     [](const auto& worker) { return worker->shed() != Overload::Shed::nothing; });
}

void Edge::tell_overload(v1::EdgeLoad& load) const {
  const auto current = current_snapshot();
  if (!current || !is_overloaded()) return;
  const Load full = at_least_full({.requests_in_flight = load.requests_in_flight(),
                                   .bits_per_second = load.bits_per_second(),
                                   .cpu = load.cpu()},
                                  current->capacity);
  load.set_requests_in_flight(full.requests_in_flight);
  load.set_bits_per_second(full.bits_per_second);
  load.set_cpu(full.cpu);
}

std::vector<std::pair<int, Scheme>> Edge::listening() const {
  std::vector<std::pair<int, Scheme>> all;
  for (const auto& worker : workers_)
    for (const auto& socket : worker->listening()) all.emplace_back(socket.fd, socket.scheme);
  return all;
}

void Edge::release_disk() {
  if (!disk_) return;
  disk_->release();
  journal_.reset();
  disk_lock_.reset();
}

void Edge::drain(std::chrono::milliseconds over) {
  draining_.store(true);
  for (const auto& worker : workers_) worker->drain(over);
}

std::optional<std::chrono::milliseconds> Edge::drain_time() const {
  const auto current = current_snapshot();
  return current ? current->telling.drain_time : std::nullopt;
}

std::uint64_t Edge::open_connections() const {
  const auto closed = sum(&Counters::connections_closed);
  return sum(&Counters::connections_accepted) - closed;
}

std::uint64_t Edge::sum(WorkerCounter Counters::*counter) const {
  std::uint64_t total = 0;
  for (const auto& worker : workers_) total += (worker->counters().*counter).value();
  return total;
}

}  // namespace meridian::edge
