#include "controller/distribute/fan_out.h"

#include <algorithm>
#include <set>
#include <string>
#include <utility>

#include "common/observe/log.h"
#include "controller/distribute/node_stream.h"

namespace meridian::control {
namespace {

void log_change(const VerdictChange& change) {
  const auto seen_from = change.location.empty() ? std::string("everywhere") : change.location;
  log::warn(change.healthy ? "edge healthy" : "edge unhealthy",
            {{"edge", change.edge}, {"seen_from", seen_from}, {"reason", change.reason}});
}

}  // namespace

FanOut::FanOut(Parts parts, std::chrono::milliseconds quiet_start)
    : parts_(std::move(parts)), quiet_start_(quiet_start) {}

FanOut::~FanOut() { stop(); }

void FanOut::start() {
  thread_ = std::thread([this] { run(); });
}

void FanOut::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void FanOut::note(bool& news) {
  {
    const std::lock_guard lock(mutex_);
    news = true;
  }
  wake_.notify_one();
}

void FanOut::run() {
  const auto begin = parts_.clocks.steady();
  auto next_health = begin + quiet_start_;
  auto next_judging = next_health;
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    auto until = votes_ ? next_judging : next_health;
    for (const auto& deadline :
         {parts_.questions.next_deadline(), parts_.purge_watch.next_deadline()})
      if (deadline) until = std::min(until, *deadline);
    const bool judging = votes_;  // then more votes need not wake it
    wake_.wait_for(lock, until - parts_.clocks.steady(), [this, judging] {
      return stopping_ || !untold_.empty() || revision_ || purges_ || progress_ ||
             (votes_ && !judging);
    });
    if (stopping_) break;
    const auto now = parts_.clocks.steady();
    const bool revision = std::exchange(revision_, false);
    const bool purges = std::exchange(purges_, false);
    progress_ = false;
    const bool due = now >= next_health;
    const bool judge =
        due || (votes_ && now >= next_judging) || (revision && now >= begin + quiet_start_);
    if (judge) votes_ = false;
    lock.unlock();

    if (revision) gather_untold();
    tell_untold();
    if (purges)
      for (const auto& stream : parts_.registry.streams()) stream->offer_purges();
    if (judge) {
      tell_health(now, due ? Telling::always : Telling::if_changed);
      next_judging = now + kJudgeInterval;
    }
    if (due) {
      next_health = now + kHealthInterval;
      for (const auto& stream : parts_.registry.overdue()) stream->cancel();
    }
    parts_.questions.expire(now);
    parts_.purge_watch.check(parts_.registry.purged_by_all(), now);
    lock.lock();
  }
}

void FanOut::gather_untold() {
  const auto head = parts_.head.current();
  std::set<std::string> declared;
  for (const auto& [id, resource] : head->configuration.resources())
    if (id.first == v1::KIND_NODE) declared.insert(id.second);
  parts_.registry.keep_only(declared);
  untold_ = parts_.registry.streams();
}

void FanOut::tell_untold() {
  const auto end = parts_.clocks.steady() + kTellingTurn;
  while (!untold_.empty() && parts_.clocks.steady() < end) {
    untold_.back()->offer_snapshot();
    untold_.pop_back();
  }
}

void FanOut::tell_health(Instant now, Telling telling) {
  const auto round = parts_.board.judge(electorate(), now);
  verdict_changes_ += round.changes.size();
  for (const auto& change : round.changes) {
    // What holds everywhere is said once, not once a location.
    const bool everywhere =
        std::any_of(round.changes.begin(), round.changes.end(), [&](const VerdictChange& other) {
          return other.location.empty() && other.edge == change.edge &&
                 other.healthy == change.healthy;
        });
    if (change.location.empty() || !everywhere) log_change(change);
  }
  if (telling == Telling::if_changed && !round.news) return;
  for (const auto& stream : parts_.registry.streams()) stream->offer_health();
}

Electorate FanOut::electorate() const {
  const auto head = parts_.head.current();
  Electorate electorate;
  for (const auto& [id, resource] : head->configuration.resources()) {
    if (id.first != v1::KIND_NODE) continue;
    if (resource.node().role() == v1::ROLE_EDGE) electorate.edges.insert(id.second);
    if (resource.node().has_capacity())
      electorate.capacities.emplace(id.second, resource.node().capacity());
    if (resource.node().role() == v1::ROLE_DNS)
      electorate.locations.insert(resource.node().location());
  }
  return electorate;
}

}  // namespace meridian::control
