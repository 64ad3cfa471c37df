#include "common/control/node_client.h"

#include <random>
#include <thread>

#include "common/base/time.h"
#include "common/control/backoff.h"
#include "common/control/calls.h"
#include "common/control/channel.h"
#include "common/control/purge_intake.h"
#include "common/control/renewal.h"
#include "common/control/snapshot_intake.h"
#include "common/observe/log.h"

namespace meridian::control {
namespace {

constexpr std::chrono::seconds kRenewalRetry{60};

/// What the inbox held, taken out at once.
struct News {
  std::optional<v1::SnapshotPush> snapshot;
  std::optional<v1::HealthUpdate> health;
  std::deque<v1::PurgeBatch> purges;
  std::deque<v1::ExplainRequest> questions;
  std::deque<v1::HttpExplainRequest> http_questions;
  std::deque<v1::SteeringReportRequest> report_requests;
  std::deque<v1::NodeMessage> answers;
  std::optional<v1::HealthReport> report;
  bool welcome = false;
  bool broken = false;
  bool stopping = false;
};

News take(Inbox& inbox) {
  News news;
  news.snapshot.swap(inbox.snapshot);
  news.health.swap(inbox.health);
  news.purges.swap(inbox.purges);
  news.questions.swap(inbox.questions);
  news.http_questions.swap(inbox.http_questions);
  news.report_requests.swap(inbox.report_requests);
  news.answers.swap(inbox.answers);
  news.report.swap(inbox.report);
  news.welcome = std::exchange(inbox.welcome, false);
  news.broken = !inbox.broken.empty();
  news.stopping = inbox.stopping;
  return news;
}

bool has_news(const Inbox& inbox) {
  return inbox.snapshot || inbox.health || !inbox.purges.empty() || !inbox.questions.empty() ||
         !inbox.http_questions.empty() || !inbox.report_requests.empty() ||
         !inbox.answers.empty() || inbox.report || inbox.welcome || !inbox.broken.empty() ||
         inbox.stopping;
}

v1::NodeMessage purge_ack(PurgeSequence sequence) {
  v1::NodeMessage message;
  message.mutable_purge_ack()->set_sequence(sequence.value);
  return message;
}

}  // namespace

class NodeClient::State {
 public:
  State(NodeClientOptions options, NodeHandlers handlers, tls::Identity identity,
        tls::PeerName name, SnapshotDisk disk)
      : options_(std::move(options)),
        handlers_(std::move(handlers)),
        identity_(std::move(identity)),
        name_(std::move(name)),
        renew_at_(renewal_time(identity_)),
        snapshots_(std::move(disk), name_.name, name_.role, handlers_.on_snapshot),
        purges_(options_.directory / "purge-sequence", handlers_.on_purge,
                handlers_.on_purge_reset) {
    if (handlers_.on_identity) handlers_.on_identity(identity_);
    publish();
  }

  ~State() { stop(); }

  bool serve_from_disk() {
    const bool served = snapshots_.serve_from_disk();
    if (served) bake_at_ = Clock::now() + options_.bake_time;
    publish();
    return served;
  }

  void start() {
    thread_ = std::thread([this] { run(); });
  }

  void stop() {
    if (!thread_.joinable()) return;
    {
      const std::lock_guard lock(inbox_->mutex);
      inbox_->stopping = true;
    }
    inbox_->changed.notify_one();
    thread_.join();
    if (bake_at_) snapshots_.stop();
  }

  void report(v1::HealthReport report) {
    {
      const std::lock_guard lock(inbox_->mutex);
      inbox_->report = std::move(report);
    }
    inbox_->changed.notify_one();
  }

  NodeClientStatus status() const {
    return {connected_, Revision{revision_}, PurgeSequence{purge_sequence_}};
  }

  const tls::PeerName& name() const { return name_; }

 private:
  enum class Ended { stopping, broken, renewed };
  struct Connection {
    std::shared_ptr<grpc::Channel> channel;
    DistributionCall distribution;
    ReportCall reports;
  };

  void run() {
    std::mt19937_64 random{std::random_device{}()};
    std::uniform_real_distribution<double> fraction(0, 1);
    unsigned attempt = 0;
    for (;;) {
      enroll_if_expired();
      const auto& controller = options_.controllers[random() % options_.controllers.size()];
      const auto ended = serve_connection(controller);
      if (ended == Ended::stopping) return;
      if (std::exchange(heard_, false)) attempt = 0;
      if (ended == Ended::broken && pause(Backoff{}.delay(attempt++, fraction(random)))) return;
    }
  }

  Ended serve_connection(const std::string& controller) {
    auto channel = make_channel(controller, identity_);
    Connection connection{channel, DistributionCall(channel, inbox_, hello()),
                          ReportCall(channel, inbox_)};
    const auto ended = serve_news(connection, controller);
    connection.distribution.close();
    connection.reports.close();
    const auto reason = wait_for_calls_to_end();
    const bool was_connected = connected_.exchange(false);
    if (ended == Ended::broken && (was_connected || !unreachable_logged_)) {
      log::warn(was_connected ? "controller lost: serving on with what is here"
                              : "controller not reached: trying on, serving what is here",
                {{"controller", controller}, {"reason", reason}, {"revision", revision_.load()}});
      unreachable_logged_ = true;
    }
    return ended;
  }

  Ended serve_news(Connection& connection, const std::string& controller) {
    for (;;) {
      auto news = wait(next_timer());
      if (news.stopping) return Ended::stopping;
      if (news.welcome) {
        connected_ = true;
        heard_ = true;
        unreachable_logged_ = false;
        log::info("controller connected", {{"controller", controller}});
      }
      handle(news, connection);
      if (news.broken) return Ended::broken;
      bake_if_due();
      if (connected_ && WallClock::now() >= renew_at_ && renew_identity(connection.channel))
        return Ended::renewed;
    }
  }

  /// Verdicts and purges first: they are urgent, and a snapshot may take seconds to compile.
  void handle(News& news, Connection& connection) {
    auto& stream = connection.distribution;
    if (news.health && handlers_.on_health) handlers_.on_health(*news.health);
    for (const auto& batch : news.purges) {
      purges_.take(batch);
      stream.send(purge_ack(purges_.sequence()));
    }
    for (const auto& question : news.questions) stream.send(answer(question));
    for (const auto& question : news.http_questions) stream.send(answer(question));
    for (const auto& request : news.report_requests) ask_for_report(request);
    for (auto& message : news.answers) stream.send(std::move(message));
    if (news.snapshot) {
      const std::string before = snapshots_.hash();  // by number alone nothing new is in service
      stream.send(snapshots_.take(*news.snapshot));
      if (snapshots_.hash() != before) bake_at_ = Clock::now() + options_.bake_time;
    }
    if (news.report) connection.reports.send(std::move(*news.report));
    stream.resume_reading();
    publish();
  }

  v1::NodeMessage answer(const v1::ExplainRequest& question) const {
    v1::NodeMessage message;
    if (handlers_.on_explain)
      *message.mutable_explain() = handlers_.on_explain(question);
    else
      message.mutable_explain()->set_error("this node does not steer");
    message.mutable_explain()->set_id(question.id());
    message.mutable_explain()->set_node(name_.name);
    return message;
  }

  v1::NodeMessage answer(const v1::HttpExplainRequest& question) const {
    v1::NodeMessage message;
    auto& told = *message.mutable_http_explanation();
    if (handlers_.on_explain_http)
      told = handlers_.on_explain_http(question);
    else
      told.set_error("this node is no edge");
    told.set_id(question.id());
    told.set_node(name_.name);
    return message;
  }

  void ask_for_report(const v1::SteeringReportRequest& request) const {
    const auto connection = [this] {
      const std::lock_guard lock(inbox_->mutex);
      return inbox_->connection;
    }();
    NodeHandlers::Reply reply = [inbox = inbox_, connection, id = request.id(),
                                 node = name_.name](v1::SteeringReport report) {
      report.set_id(id);
      report.set_node(node);
      v1::NodeMessage message;
      *message.mutable_steering_report() = std::move(report);
      {
        const std::lock_guard lock(inbox->mutex);
        if (inbox->connection != connection || inbox->answers.size() >= Inbox::kMostQueued) return;
        inbox->answers.push_back(std::move(message));
      }
      inbox->changed.notify_one();
    };
    if (handlers_.on_steering_report) return handlers_.on_steering_report(request, reply);
    v1::SteeringReport report;
    report.set_error("this node does not steer");
    reply(std::move(report));
  }

  v1::NodeMessage hello() const {
    v1::NodeMessage message;
    auto& hello = *message.mutable_hello();
    hello.set_role(name_.role);
    hello.set_software_version(MERIDIAN_VERSION);
    hello.set_revision(snapshots_.revision().value);
    hello.set_hash(snapshots_.hash());
    hello.set_purge_sequence(purges_.sequence().value);
    return message;
  }

  /// Not more often than each `enrolment_retry`: a token that is spent stays so.
  void enroll_if_expired() {
    const auto expires = identity_.expires();
    if (!expires || *expires > WallClock::now()) return;
    if (!std::exchange(expiry_logged_, true))
      log::error(options_.enroll
                     ? "the node's certificate has expired: serving what is here, and enrolling "
                       "anew with the join token"
                     : "the node's certificate has expired: serving what is here, but no "
                       "controller takes it back. Start once with --join and a new token");
    if (!options_.enroll || Clock::now() < enroll_at_) return;
    auto enrolled = options_.enroll(identity_);
    enroll_at_ = Clock::now() + options_.enrolment_retry;
    if (!enrolled) {
      log::warn("not enrolled anew: serving on with what is here, trying again later",
                {{"reason", enrolled.error()}});
      return;
    }
    const auto name = enrolled->name();
    if (!name || name->name != name_.name || name->role != name_.role) {
      log::warn("not enrolled anew: the certificate is for another node");
      return;
    }
    use_identity(std::move(*enrolled));
    expiry_logged_ = false;
  }

  void use_identity(tls::Identity next) {
    const auto saved = tls::save_identity(options_.directory / "identity", next);
    if (!saved) log::warn("new certificate not kept on disk", {{"reason", saved.error()}});
    identity_ = std::move(next);
    if (handlers_.on_identity) handlers_.on_identity(identity_);
    renew_at_ = renewal_time(identity_);
  }

  bool renew_identity(const std::shared_ptr<grpc::Channel>& channel) {
    auto renewed = renew(channel, identity_);
    if (renewed) {
      use_identity(std::move(*renewed));
      log::info("certificate renewed");
      return true;
    }
    log::warn("certificate not renewed: trying again", {{"reason", renewed.error()}});
    renew_at_ = WallClock::now() + kRenewalRetry;
    return false;
  }

  void bake_if_due() {
    if (!bake_at_ || Clock::now() < *bake_at_) return;
    bake_at_.reset();
    snapshots_.bake();
  }

  Instant next_timer() const {
    auto next = Clock::now() + std::chrono::hours(1);
    if (bake_at_) next = std::min(next, *bake_at_);
    if (connected_) next = std::min(next, Clock::now() + (renew_at_ - WallClock::now()));
    return next;
  }

  News wait(Instant until) {
    std::unique_lock lock(inbox_->mutex);
    inbox_->changed.wait_until(lock, until, [&] { return has_news(*inbox_); });
    return take(*inbox_);
  }

  /// Between two connections. True: the node is stopping.
  bool pause(std::chrono::milliseconds delay) {
    bake_if_due();
    std::unique_lock lock(inbox_->mutex);
    return inbox_->changed.wait_for(lock, delay, [&] { return inbox_->stopping; });
  }

  /// Leaves the inbox ready for the next connection. Returns why this one ended.
  std::string wait_for_calls_to_end() {
    std::unique_lock lock(inbox_->mutex);
    inbox_->changed.wait(lock, [&] { return inbox_->open_calls == 0; });
    inbox_->snapshot.reset();
    inbox_->health.reset();
    inbox_->purges.clear();
    inbox_->questions.clear();
    inbox_->http_questions.clear();
    inbox_->report_requests.clear();
    inbox_->answers.clear();
    ++inbox_->connection;
    inbox_->welcome = false;
    return std::exchange(inbox_->broken, {});
  }

  void publish() {
    revision_ = snapshots_.revision().value;
    purge_sequence_ = purges_.sequence().value;
  }

  const NodeClientOptions options_;
  const NodeHandlers handlers_;
  tls::Identity identity_;
  const tls::PeerName name_;
  WallTime renew_at_;
  SnapshotIntake snapshots_;
  PurgeIntake purges_;
  std::optional<Instant> bake_at_;
  bool heard_ = false;  // this connection was a working one
  Instant enroll_at_{};
  bool expiry_logged_ = false;       // once for each certificate
  bool unreachable_logged_ = false;  // once for each time that the controller goes away
  const std::shared_ptr<Inbox> inbox_ = std::make_shared<Inbox>();
  std::thread thread_;
  std::atomic<bool> connected_{false};
  std::atomic<std::uint64_t> revision_{0};
  std::atomic<std::uint64_t> purge_sequence_{purges_.sequence().value};
};

NodeClient::NodeClient(std::unique_ptr<State> state) : state_(std::move(state)) {}
NodeClient::~NodeClient() = default;

Result<std::unique_ptr<NodeClient>> NodeClient::create(NodeClientOptions options,
                                                       NodeHandlers handlers) {
  if (options.controllers.empty()) return Error("--controller", "name at least one controller");
  auto identity = tls::load_identity(options.directory / "identity");
  if (!identity) return identity.error();
  if (!*identity)
    return Error((options.directory / "identity").string(), "holds no identity: enrol first");
  auto name = (*identity)->name();
  if (!name) return at((options.directory / "identity/chain.pem").string(), name.error());
  if (name->role != options.role)
    return Error((options.directory / "identity/chain.pem").string(),
                 "is the certificate of " + name->uri() + ", which is no " +
                     std::string(tls::role_text(options.role)) + " node");
  auto disk = SnapshotDisk::open(options.directory / "snapshots");
  if (!disk) return disk.error();
  return std::unique_ptr<NodeClient>(new NodeClient(
      std::make_unique<State>(std::move(options), std::move(handlers), std::move(**identity),
                              std::move(*name), std::move(*disk))));
}

bool NodeClient::serve_from_disk() { return state_->serve_from_disk(); }
void NodeClient::start() { state_->start(); }
void NodeClient::stop() { state_->stop(); }
void NodeClient::report(v1::HealthReport report) { state_->report(std::move(report)); }
NodeClientStatus NodeClient::status() const { return state_->status(); }
const tls::PeerName& NodeClient::name() const { return state_->name(); }

}  // namespace meridian::control
