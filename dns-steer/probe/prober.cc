#include "dns-steer/probe/prober.h"

#include <map>
#include <random>
#include <thread>
#include <utility>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "common/observe/metrics.h"
#include "dns-steer/probe/vote.h"

namespace meridian::dns {
namespace {

namespace asio = boost::asio;
constexpr auto as_result = asio::as_tuple(asio::use_awaitable);
constexpr std::chrono::seconds kVotesInterval{1};

using ProbeKey = std::pair<std::string, Endpoint>;  // node, address

/// One address under probes. Its coroutine holds it, so it outlives its removal from the table.
struct Probed {
  Probed(asio::io_context& context, Endpoint endpoint_, ProbeSchedule schedule)
      : endpoint(endpoint_), state(schedule), timer(context) {}

  const Endpoint endpoint;
  ProbedName name;
  ProbeState state;
  asio::steady_timer timer;
  bool removed = false;
};

}  // namespace

/// All but set_targets() and counts() runs on its thread.
class Prober::State {
 public:
  State(OnVotes on_votes, ProbeSchedule schedule)
      : on_votes_(std::move(on_votes)), schedule_(schedule) {
    asio::co_spawn(context_, vote_regularly(), asio::detached);
    thread_ = std::thread([this] { context_.run(); });
  }

  ~State() {
    context_.stop();
    thread_.join();
  }

  void set_targets(std::vector<ProbeTarget> targets) {
    asio::post(context_, [this, targets = std::move(targets)] { apply(targets); });
  }

  ProbeCounts counts() const { return {succeeded_.value(), failed_.value()}; }

 private:
  void apply(const std::vector<ProbeTarget>& targets) {
    std::map<ProbeKey, std::shared_ptr<Probed>> next;
    for (const auto& target : targets) {
      for (const auto& endpoint : target.endpoints) {
        const ProbeKey key(target.node, endpoint);
        if (next.contains(key)) continue;
        const auto old = probed_.extract(key);
        auto& probed = next[key];
        probed = old ? old.mapped() : begin(endpoint);
        probed->name = target.name;
      }
    }
    for (const auto& [key, gone] : probed_) {
      gone->removed = true;
      gone->timer.cancel();
    }
    probed_ = std::move(next);
  }

  std::shared_ptr<Probed> begin(const Endpoint& endpoint) {
    auto probed = std::make_shared<Probed>(context_, endpoint, schedule_);
    asio::co_spawn(context_, probe_for_ever(probed), asio::detached);
    return probed;
  }

  asio::awaitable<void> probe_for_ever(std::shared_ptr<Probed> probed) {
    // At once, but not all edges of a large fleet in the same instant.
    auto next = Clock::now() +
                std::uniform_int_distribution<>(0, 200)(random_) * std::chrono::milliseconds(1);
    while (!probed->removed) {
      probed->timer.expires_at(next);
      co_await probed->timer.async_wait(as_result);
      if (probed->removed) co_return;
      const auto began = Clock::now();
      auto failure = co_await probe(tls_, probed->endpoint, probed->name, schedule_.deadline);
      (failure.empty() ? succeeded_ : failed_).add();
      const bool was_known = probed->state.known();
      const bool was_up = probed->state.up();
      next = probed->state.finish(began, std::move(failure));
      const bool changed = !was_known || was_up != probed->state.up();
      if (changed && !probed->removed) on_votes_(votes());
    }
  }

  asio::awaitable<void> vote_regularly() {
    asio::steady_timer timer(context_);
    for (;;) {
      timer.expires_after(kVotesInterval);
      co_await timer.async_wait(as_result);
      on_votes_(votes());
    }
  }

  std::vector<v1::EdgeVote> votes() const {
    std::vector<v1::EdgeVote> votes;
    // The table is ordered by node: the addresses of one stand together.
    for (auto each = probed_.begin(); each != probed_.end();) {
      const auto& node = each->first.first;
      std::vector<ProbedAddress> addresses;
      bool all_known = true;
      for (; each != probed_.end() && each->first.first == node; ++each) {
        addresses.push_back({each->first.second.text(), &each->second->state});
        all_known = all_known && each->second->state.known();
      }
      if (all_known) votes.push_back(vote_on(node, addresses));
    }
    return votes;
  }

  const OnVotes on_votes_;
  const ProbeSchedule schedule_;
  asio::io_context context_{1};
  asio::ssl::context tls_{asio::ssl::context::tls_client};
  std::mt19937_64 random_{std::random_device{}()};
  std::map<ProbeKey, std::shared_ptr<Probed>> probed_;
  WorkerCounter succeeded_;
  WorkerCounter failed_;
  std::thread thread_;
};

Prober::Prober(OnVotes on_votes, ProbeSchedule schedule)
    : state_(std::make_unique<State>(std::move(on_votes), schedule)) {}
Prober::~Prober() = default;
void Prober::set_targets(std::vector<ProbeTarget> targets) {
  state_->set_targets(std::move(targets));
}
ProbeCounts Prober::counts() const { return state_->counts(); }

}  // namespace meridian::dns
