#include "controller/transfer/zone_transfers.h"

#include <algorithm>
#include <set>
#include <utility>

#include "common/observe/log.h"
#include "common/tsig/key.h"
#include "controller/transfer/ask.h"

namespace meridian::control {
namespace {

constexpr std::uint16_t kDnsPort = 53;
constexpr std::uint16_t kTypeDnskey = 48;

std::optional<Error> question_for(const Configuration& configuration, const std::string& name,
                                  const v1::ZonePeer& peer, PrimaryQuestion& question) {
  const auto address = parse_address(peer.address());
  if (!address) return address.error();
  const auto port = peer.has_port() ? peer.port() : kDnsPort;
  question.primary = {*address, static_cast<std::uint16_t>(port)};
  auto apex = zone::parse_name(name);
  if (!apex) return apex.error();
  question.apex = std::move(*apex);
  if (peer.key().empty()) return {};
  const auto* resource = configuration.find(v1::KIND_TSIG_KEY, peer.key());
  if (resource == nullptr) return Error("there is no TsigKey '" + peer.key() + "'");
  auto key = tsig::parse_key(peer.key(), resource->tsig_key());
  if (!key) return key.error();
  question.key = std::move(*key);
  return {};
}

/// All that says whom to ask for a zone, and how.
std::string primaries_of(const Configuration& configuration, const v1::Zone& zone) {
  std::string text;
  for (const auto& peer : zone.primaries()) {
    text += peer.SerializeAsString();
    const auto* key = configuration.find(v1::KIND_TSIG_KEY, peer.key());
    if (key != nullptr) text += key->SerializeAsString();
  }
  return text;
}

std::string joined(const std::vector<std::string>& sentences) {
  std::string text;
  for (const auto& sentence : sentences) text += (text.empty() ? "" : "; ") + sentence;
  return text;
}

RefreshTimes times_of(const zone::ApexValues& values) {
  using std::chrono::seconds;
  return {seconds(values.refresh), seconds(values.retry), seconds(values.expire)};
}

/// The Zone that a primary's records are. The Error says why they are none.
Result<ArrivedZone> zone_of(const std::string& name, const std::string& primary,
                            PrimaryAnswer answer) {
  const auto apex = zone::parse_name(name);
  if (!apex) return apex.error();
  if (std::any_of(answer.records.begin(), answer.records.end(),
                  [](const auto& given) { return given.record.type == kTypeDnskey; }))
    return Error(
        "what it sends is signed (DNSKEY), and signatures of others are not served here: name a "
        "primary that has the zone unsigned");
  std::vector<zone::ContentsError> errors;
  auto contents = zone::zone_contents(zone::lower(*apex), std::move(answer.records), {}, errors);
  if (!errors.empty()) return Error("what it sends is no zone: " + errors.front().what);
  if (const auto values = zone::apex_values(contents.zone); !values) return values.error();
  return ArrivedZone{name, primary, std::move(contents.zone), joined(contents.left_out),
                     answer.by_steps};
}

/// What this primary has, if it is newer; nothing: what is held is what it has.
Result<std::optional<ArrivedZone>> ask(const std::string& name, const std::string& primary,
                                       PrimaryQuestion question, const std::atomic<bool>& stop) {
  auto answer = ask_primary(question, stop);
  if (!answer) return answer.error();
  if (answer->records.empty()) return std::optional<ArrivedZone>();
  const bool by_steps = answer->by_steps;
  auto arrived = zone_of(name, primary, std::move(*answer));
  if (arrived) return std::optional(std::move(*arrived));
  if (!by_steps) return arrived.error();
  // They fit what is held, yet lead to no zone: what is held is not what the primary thinks it is.
  log::info(
      "zone is transferred as a whole",
      {{"zone", name}, {"primary", question.primary.text()}, {"reason", arrived.error().text()}});
  question.whole = true;
  return ask(name, primary, std::move(question), stop);
}

}  // namespace

void ZoneTransfers::start() {
  for (int i = 0; i < kThreads; ++i) threads_.emplace_back([this] { work(); });
}

void ZoneTransfers::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  news_.notify_all();
  for (auto& thread : threads_) thread.join();
  threads_.clear();
}

void ZoneTransfers::revision_news() {
  const std::lock_guard lock(mutex_);
  configuration_news_ = true;
  news_.notify_one();
}

bool ZoneTransfers::refresh(const std::string& zone, Wish wish) {
  const std::lock_guard lock(mutex_);
  if (configuration_news_) follow_configuration();
  const auto found = zones_.find(zone);
  if (found == zones_.end()) return false;
  auto& known = found->second;
  known.attempt.force |= wish == Wish::transfer;
  known.again = known.running;
  const auto before = known.timer.due();
  known.timer.hasten(clocks_.steady());
  plan(*found, before);
  news_.notify_one();
  return true;
}

std::optional<TransferStatus> ZoneTransfers::status(const std::string& zone) const {
  const std::lock_guard lock(mutex_);
  const auto found = zones_.find(zone);
  if (found == zones_.end()) return {};
  const auto& [name, known] = *found;
  auto status = known.status;
  const auto now = clocks_.steady();
  status.expired = known.timer.expired(now);
  if (!known.running && known.timer.due() > now)
    status.next_check =
        clocks_.wall() + std::chrono::duration_cast<WallClock::duration>(known.timer.due() - now);
  return status;
}

std::size_t ZoneTransfers::expired() const {
  const std::lock_guard lock(mutex_);
  const auto now = clocks_.steady();
  return static_cast<std::size_t>(
      std::count_if(zones_.begin(), zones_.end(),
                    [now](const auto& entry) { return entry.second.timer.expired(now); }));
}

/// Under the mutex: the zone was due `before`, and is when its timer says now.
void ZoneTransfers::plan(Zones::value_type& entry, Instant before) {
  const auto& [name, zone] = entry;
  due_.erase({before, name});
  if (!zone.running) due_.emplace(zone.timer.due(), name);
}

/// Under the mutex.
void ZoneTransfers::follow_configuration() {
  configuration_news_ = false;
  const auto head = head_.current();
  const auto now = clocks_.steady();
  for (auto& [name, zone] : zones_) zone.declared = false;
  for (const auto& [id, resource] : head->configuration.resources()) {
    if (!resource.has_zone() || resource.zone().primaries().empty()) continue;
    const auto [place, added] = zones_.try_emplace(id.second, now);
    auto& zone = place->second;
    zone.declared = true;
    auto primaries = primaries_of(head->configuration, resource.zone());
    if (!added && zone.primaries == primaries) continue;
    const auto before = zone.timer.due();
    zone.primaries = std::move(primaries);
    zone.again = zone.running;
    zone.timer.begin_anew(now);
    zone.attempt = {.force = zone.attempt.force, .errors = {}};
    plan(*place, before);
  }
  std::erase_if(zones_, [&](const auto& entry) {
    const auto& [name, zone] = entry;
    if (zone.running || zone.declared) return false;
    due_.erase({zone.timer.due(), name});
    return true;
  });
}

void ZoneTransfers::work() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    if (configuration_news_) follow_configuration();
    if (due_.empty() || waiting_ > kMostWaiting) {
      news_.wait(lock);
      continue;
    }
    const auto now = clocks_.steady();
    if (const auto next = due_.begin()->first; next > now) {
      news_.wait_for(lock, next - now);
      continue;
    }
    const auto name = due_.extract(due_.begin()).value().second;
    auto& zone = zones_.at(name);
    auto attempt = std::exchange(zone.attempt, {});
    zone.running = true;
    lock.unlock();
    auto outcome = check(name, std::move(attempt));
    lock.lock();
    if (outcome.arrived) {
      waiting_ += static_cast<std::size_t>(outcome.arrived->contents.records_size());
      arrived_.push_back(std::move(outcome));
      commit_arrived(lock);
    } else {
      end(name, outcome);
    }
  }
}

/// Under the mutex, which is free while revisions are made: by one thread, the others go on.
void ZoneTransfers::commit_arrived(std::unique_lock<std::mutex>& lock) {
  if (std::exchange(committing_, true)) return;
  while (!arrived_.empty()) {
    auto outcomes = std::exchange(arrived_, {});
    waiting_ = 0;
    news_.notify_all();
    lock.unlock();
    std::vector<ArrivedZone> zones;
    for (auto& outcome : outcomes) zones.push_back(std::move(*outcome.arrived));
    const auto reasons = commit_zones(head_, zones, clocks_.wall());
    lock.lock();
    for (std::size_t i = 0; i < zones.size(); ++i) {
      outcomes[i].arrived = std::move(zones[i]);
      outcomes[i].error = reasons[i];
      end(outcomes[i].arrived->name, outcomes[i]);
    }
  }
  committing_ = false;
}

/// Under the mutex: the zone was looked at, and what arrived is a revision or refused.
void ZoneTransfers::end(const std::string& name, const Outcome& outcome) {
  const auto found = zones_.find(name);
  auto& zone = found->second;
  zone.running = false;
  const auto before = zone.timer.due();
  settle(zone, outcome);
  plan(*found, before);
  configuration_news_ |= !zone.declared;
  news_.notify_one();  // another thread may be waiting for something later
}

/// Under the mutex: what arrived was refused. The primary may have more than the steps to it, or
/// another primary something better.
void ZoneTransfers::go_on(Zone& zone, const Outcome& outcome, Instant now) {
  zone.timer.begin_anew(now);
  const bool force = outcome.attempt.force || zone.attempt.force;
  zone.attempt = {.force = force, .errors = {}};
  if (std::exchange(zone.again, false)) return;  // others may be declared by now
  const auto& arrived = *outcome.arrived;
  zone.attempt.primary = outcome.attempt.primary;
  zone.attempt.errors = outcome.attempt.errors;
  zone.attempt.whole = arrived.by_steps;
  if (arrived.by_steps) return;
  ++zone.attempt.primary;
  zone.attempt.errors.push_back(arrived.primary + ": " + outcome.error);
}

/// Under the mutex.
void ZoneTransfers::settle(Zone& zone, const Outcome& outcome) {
  const auto now = clocks_.steady();
  auto& status = zone.status;
  const auto& arrived = outcome.arrived;
  if (arrived && !outcome.error.empty()) return go_on(zone, outcome, now);
  if (!outcome.error.empty() && outcome.error != status.error) failures_.fetch_add(1);
  status.error = outcome.error;
  if (outcome.error.empty()) {
    zone.timer.reached(outcome.times, now);
    status.checked = clocks_.wall();
    if (arrived) {
      ++transfers_;
      status.transferred = status.checked;
      status.left_out = arrived->left_out;
      log::info("zone transferred", {{"zone", arrived->name},
                                     {"serial", arrived->contents.serial()},
                                     {"primary", arrived->primary},
                                     {"as", arrived->by_steps ? "differences" : "whole"}});
    }
  } else {
    zone.timer.failed(outcome.times, now);
  }
  if (std::exchange(zone.again, false)) zone.timer.hasten(now);
}

ZoneTransfers::Outcome ZoneTransfers::check(const std::string& name, Attempt attempt) {
  Outcome outcome;
  const auto head = head_.current();
  const auto& configuration = head->configuration;
  const auto* resource = configuration.find(v1::KIND_ZONE, name);
  if (resource == nullptr) return outcome;
  const auto* content = configuration.find(v1::KIND_ZONE_CONTENT, name);
  if (content != nullptr) {
    if (const auto values = zone::apex_values(content->zone_content().zone()))
      outcome.times = times_of(*values);
  }
  const auto& primaries = resource->zone().primaries();
  for (; attempt.primary < static_cast<std::size_t>(primaries.size()); ++attempt.primary) {
    const auto& peer = primaries[static_cast<int>(attempt.primary)];
    PrimaryQuestion question;
    question.force = attempt.force;
    question.whole = std::exchange(attempt.whole, false);
    if (content != nullptr) question.held = &content->zone_content().zone();
    auto wrong = question_for(configuration, name, peer, question);
    if (!wrong) {
      auto arrived = ask(name, peer.address(), question, stopping_);
      if (arrived) {
        outcome.arrived = std::move(*arrived);
        if (outcome.arrived)
          outcome.times = times_of(zone::apex_values(outcome.arrived->contents).value());
        outcome.attempt = std::move(attempt);
        return outcome;
      }
      wrong = arrived.error();
    }
    attempt.errors.push_back(question.primary.text() + ": " + wrong->text());
  }
  outcome.error = joined(attempt.errors);
  log::warn("zone not checked", {{"zone", name}, {"reason", outcome.error}});
  return outcome;
}

}  // namespace meridian::control
