#include "controller/transfer/zone_transfers.h"

#include <algorithm>
#include <chrono>
#include <set>
#include <utility>

#include "common/observe/log.h"
#include "common/tsig/key.h"
#include "controller/transfer/ask.h"

namespace meridian::control {
namespace {

using std::chrono::seconds;

constexpr std::uint16_t kDnsPort = 53;
constexpr std::uint16_t kTypeDnskey = 48;
// Whatever a primary's SOA says.
constexpr seconds kShortest{5};
constexpr seconds kLongest{86'400};
constexpr seconds kFirstRetry{2};  // while nothing is held: doubled up to a minute
constexpr int kMostDoublings = 5;
constexpr seconds kPause{1};  // between two looks at a zone

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
  found->second.force |= wish == Wish::transfer;
  found->second.again = found->second.running;
  found->second.due = std::max(Clock::now(), found->second.looked + kPause);
  news_.notify_one();
  return true;
}

std::optional<TransferStatus> ZoneTransfers::status(const std::string& zone) const {
  const std::lock_guard lock(mutex_);
  const auto found = zones_.find(zone);
  if (found == zones_.end()) return {};
  auto status = found->second.status;
  const auto now = Clock::now();
  status.expired =
      found->second.expire.count() > 0 && now - found->second.heard > found->second.expire;
  if (!found->second.running && found->second.due > now)
    status.next_check =
        clocks_.wall() + std::chrono::duration_cast<WallClock::duration>(found->second.due - now);
  return status;
}

std::size_t ZoneTransfers::expired() const {
  const std::lock_guard lock(mutex_);
  const auto now = Clock::now();
  return static_cast<std::size_t>(
      std::count_if(zones_.begin(), zones_.end(), [now](const auto& entry) {
        const auto& zone = entry.second;
        return zone.expire.count() > 0 && now - zone.heard > zone.expire;
      }));
}

/// Under the mutex.
void ZoneTransfers::follow_configuration() {
  configuration_news_ = false;
  const auto head = head_.current();
  std::set<std::string> declared;
  for (const auto& [id, resource] : head->configuration.resources()) {
    if (!resource.has_zone() || resource.zone().primaries().empty()) continue;
    declared.insert(id.second);
    const auto [place, added] = zones_.try_emplace(id.second);
    auto& zone = place->second;
    if (added) zone.heard = Clock::now();
    auto primaries = primaries_of(head->configuration, resource.zone());
    if (!added && zone.primaries == primaries) continue;
    zone.primaries = std::move(primaries);
    zone.again = zone.running;
    zone.due = Clock::now();
    zone.failures = 0;
  }
  std::erase_if(zones_, [&](const auto& entry) {
    return !entry.second.running && !declared.contains(entry.first);
  });
}

void ZoneTransfers::work() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    if (configuration_news_) follow_configuration();
    auto next = zones_.end();
    for (auto i = zones_.begin(); i != zones_.end(); ++i) {
      if (!i->second.running && (next == zones_.end() || i->second.due < next->second.due))
        next = i;
    }
    if (next == zones_.end()) {
      news_.wait(lock);
      continue;
    }
    if (next->second.due > Clock::now()) {
      news_.wait_until(lock, next->second.due);
      continue;
    }
    auto& zone = next->second;
    const auto name = next->first;
    const bool force = std::exchange(zone.force, false);
    zone.running = true;
    lock.unlock();
    const auto outcome = check(name, force);
    lock.lock();
    zone.running = false;
    settle(zone, outcome);
    configuration_news_ = true;  // it may be gone
    news_.notify_one();          // another thread may be waiting for something later
  }
}

/// Under the mutex.
void ZoneTransfers::settle(Zone& zone, const Outcome& outcome) {
  const auto now = Clock::now();
  auto& status = zone.status;
  if (!outcome.error.empty() && outcome.error != status.error) failures_.fetch_add(1);
  status.error = outcome.error;
  zone.expire = outcome.expire;
  zone.looked = now;
  const auto within = [](seconds time) { return std::clamp(time, kShortest, kLongest); };
  if (outcome.error.empty()) {
    zone.failures = 0;
    zone.heard = now;
    status.checked = clocks_.wall();
    if (outcome.transferred) {
      status.transferred = status.checked;
      status.left_out = outcome.left_out;
    }
    zone.due = now + within(outcome.refresh);
  } else {
    const bool nothing_held = outcome.expire.count() == 0;
    zone.due = now + (nothing_held ? kFirstRetry * (1 << std::min(zone.failures, kMostDoublings))
                                   : within(outcome.retry));
    ++zone.failures;
  }
  if (std::exchange(zone.again, false)) zone.due = now + kPause;
}

ZoneTransfers::Outcome ZoneTransfers::check(const std::string& name, bool force) {
  Outcome outcome;
  const auto head = head_.current();
  const auto& configuration = head->configuration;
  const auto* resource = configuration.find(v1::KIND_ZONE, name);
  if (resource == nullptr) return outcome;
  const auto* content = configuration.find(v1::KIND_ZONE_CONTENT, name);
  if (content != nullptr) {
    if (const auto values = zone::apex_values(content->zone_content().zone())) {
      outcome.refresh = seconds(values->refresh);
      outcome.retry = seconds(values->retry);
      outcome.expire = seconds(values->expire);
    }
  }
  std::vector<std::string> errors;
  for (const auto& peer : resource->zone().primaries()) {
    PrimaryQuestion question;
    question.force = force;
    if (content != nullptr) question.held = &content->zone_content().zone();
    auto wrong = question_for(configuration, name, peer, question);
    if (!wrong) wrong = transfer(name, peer.address(), question, outcome);
    if (!wrong) return outcome;
    errors.push_back(question.primary.text() + ": " + wrong->text());
  }
  outcome.error = joined(errors);
  log::warn("zone not checked", {{"zone", name}, {"reason", outcome.error}});
  return outcome;
}

/// Takes what this primary has, if it is newer. Why not; none: what is held is what it has.
std::optional<Error> ZoneTransfers::transfer(const std::string& name, const std::string& primary,
                                             PrimaryQuestion question, Outcome& outcome) {
  auto answer = ask_primary(question, stopping_);
  if (!answer) return answer.error();
  if (answer->records.empty()) return {};
  const bool by_steps = answer->by_steps;
  auto refused = take(name, primary, std::move(*answer), outcome);
  if (refused.empty()) return {};
  if (!by_steps) return Error(std::move(refused));
  // They fit what is held, yet lead to no zone: what is held is not what the primary thinks it is.
  log::info("zone is transferred as a whole",
            {{"zone", name}, {"primary", question.primary.text()}, {"reason", refused}});
  question.whole = true;
  return transfer(name, primary, std::move(question), outcome);
}

/// Makes what was transferred the next revision. Why not; empty: it is.
std::string ZoneTransfers::take(const std::string& name, const std::string& primary,
                                PrimaryAnswer answer, Outcome& outcome) {
  std::vector<zone::ContentsError> errors;
  const auto apex = zone::parse_name(name);
  if (!apex) return apex.error().what;
  if (std::any_of(answer.records.begin(), answer.records.end(),
                  [](const auto& given) { return given.record.type == kTypeDnskey; }))
    return "what it sends is signed (DNSKEY), and signatures of others are not served here: name a "
           "primary that has the zone unsigned";
  auto contents = zone::zone_contents(zone::lower(*apex), std::move(answer.records), {}, errors);
  if (!errors.empty()) return "what it sends is no zone: " + errors.front().what;
  v1::ApplyRequest request;
  auto& resource = *request.add_upserts();
  resource.set_name(name);
  const auto values = zone::apex_values(contents.zone);
  if (!values) return values.error().text();
  const auto serial = contents.zone.serial();
  *resource.mutable_zone_content()->mutable_zone() = std::move(contents.zone);
  resource.mutable_zone_content()->set_primary(primary);
  request.set_comment("serial " + std::to_string(serial));
  const auto applied = head_.apply(request, {"transfer/" + primary, clocks_.wall()});
  if (!applied) return applied.error().text();
  if (!applied->violations.empty()) {
    const auto& violation = applied->violations.front();
    return "what it sends is refused: " + violation.field() + ": " + violation.reason();
  }
  outcome.refresh = seconds(values->refresh);
  outcome.retry = seconds(values->retry);
  outcome.expire = seconds(values->expire);
  outcome.transferred = true;
  outcome.left_out = joined(contents.left_out);
  ++transfers_;
  log::info("zone transferred", {{"zone", name},
                                 {"serial", serial},
                                 {"primary", primary},
                                 {"as", answer.by_steps ? "differences" : "whole"},
                                 {"revision", applied->revision.value}});
  return {};
}

}  // namespace meridian::control
