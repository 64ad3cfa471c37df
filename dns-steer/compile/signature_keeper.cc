#include "dns-steer/compile/signature_keeper.h"

#include <string_view>
#include <unordered_map>
#include <vector>

#include "dns-steer/compile/steered_sets.h"
#include "dns-steer/dnssec/chain.h"
#include "dns-steer/transfer/sharing.h"

namespace meridian::dns {
namespace {

std::string_view apex_of(const ZoneData& data, std::size_t zone) {
  const auto name = data.name(data.nodes[data.zones[zone].apex]);
  return {reinterpret_cast<const char*>(name.data()), name.size()};
}

/// What `before` holds of zones, by the names of these.
class Earlier {
 public:
  Earlier(const SignedRevision& before, const Snapshot* snapshot)
      : before_(before), same_(before.snapshot.get() == snapshot) {
    if (!before.signatures || same_) return;
    for (std::size_t zone = 0; zone < before.signatures->zones.size(); ++zone) {
      if (before.signatures->zones[zone])
        by_apex_.emplace(apex_of(before.snapshot->zones, zone), zone);
    }
  }

  ZoneSignaturesPtr find(const ZoneData& data, std::size_t zone) const {
    if (!before_.signatures) return nullptr;
    if (same_) return before_.signatures->zones[zone];
    const auto found = by_apex_.find(apex_of(data, zone));
    return found == by_apex_.end() ? nullptr : before_.signatures->zones[found->second];
  }

 private:
  const SignedRevision& before_;
  bool same_;
  std::unordered_map<std::string_view, std::size_t> by_apex_;
};

bool has_work(const ZoneSignaturesPtr& signatures, std::uint32_t now) {
  return !signatures || !signatures->complete() ||
         static_cast<std::int32_t>(now - signatures->renew_at()) >= 0;
}

/// Empty: nobody may have a copy of the zone.
std::vector<std::uint32_t> chain_of(const Snapshot& snapshot, std::uint32_t zone) {
  const auto& shared = snapshot.sharing->zones;
  const auto found = shared.find(zone);
  if (found == shared.end() || found->second.rules.empty()) return {};
  return nsec_chain(snapshot.zones, zone);
}

std::uint32_t unix_now() {
  const auto since = WallClock::now().time_since_epoch();
  return static_cast<std::uint32_t>(std::chrono::floor<std::chrono::seconds>(since).count());
}

}  // namespace

SignedRevision sign_revision(std::shared_ptr<const Snapshot> snapshot, const SignedRevision& before,
                             std::uint32_t now, const std::function<bool()>& may_sign) {
  const bool same = before.snapshot == snapshot;
  const Earlier earlier(before, snapshot.get());
  auto next = std::make_shared<Signatures>();
  next->zones.resize(snapshot->signers.size());
  bool any = false;
  bool changed = !same;
  for (std::uint32_t zone = 0; zone < next->zones.size(); ++zone) {
    if (!snapshot->signers[zone]) continue;
    any = true;
    auto held = earlier.find(snapshot->zones, zone);
    // Of the same revision only what is not finished is looked at again.
    if (same && !has_work(held, now)) {
      next->zones[zone] = std::move(held);
      continue;
    }
    const auto steered = steered_sets(*snapshot, zone);
    const auto chain = chain_of(*snapshot, zone);
    next->zones[zone] = sign_zone(snapshot->zones, zone, *snapshot->signers[zone], {steered, chain},
                                  held, now, may_sign);
    changed |= next->zones[zone] != held;
  }
  if (!any) return {std::move(snapshot), nullptr};
  if (!changed) return before;
  return {std::move(snapshot), std::move(next)};
}

bool has_work(const SignedRevision& revision, std::uint32_t now) {
  if (!revision.signatures) return false;
  for (std::size_t zone = 0; zone < revision.signatures->zones.size(); ++zone) {
    if (revision.snapshot->signers[zone] && has_work(revision.signatures->zones[zone], now))
      return true;
  }
  return false;
}

void SignatureKeeper::start() {
  thread_ = std::thread([this] { run(); });
}

void SignatureKeeper::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

SignedRevision SignatureKeeper::last() const {
  const std::lock_guard lock(mutex_);
  return last_;
}

void SignatureKeeper::take(std::shared_ptr<const Snapshot> snapshot) {
  const std::lock_guard lock(signing_);
  sign(std::move(snapshot), kPatience);
}

/// Under signing_.
void SignatureKeeper::sign(std::shared_ptr<const Snapshot> snapshot,
                           std::chrono::milliseconds time) {
  const auto before = last();
  const auto end = Clock::now() + time;
  auto next =
      sign_revision(std::move(snapshot), before, unix_now(), [end] { return Clock::now() < end; });
  if (next.snapshot == before.snapshot && next.signatures == before.signatures) return;
  {
    const std::lock_guard lock(mutex_);
    last_ = next;
  }
  sink_(next);
}

void SignatureKeeper::run() {
  constexpr std::chrono::seconds kBetweenLooks{1};
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    if (!has_work(last_, unix_now())) {
      wake_.wait_for(lock, kBetweenLooks, [this] { return stopping_; });
      continue;
    }
    lock.unlock();
    {
      const std::lock_guard turn(signing_);
      sign(last().snapshot, kTurn);
    }
    lock.lock();
    // Whoever waits to have a new revision signed comes first.
    wake_.wait_for(lock, std::chrono::milliseconds(1), [this] { return stopping_; });
  }
}

SignatureKeeper::Held SignatureKeeper::held() const {
  Held held;
  const auto revision = last();
  if (!revision.signatures) return held;
  for (const auto& zone : revision.signatures->zones) {
    if (!zone) continue;
    held.count += zone->count();
    held.octets += zone->octets();
    if (held.renew_at == 0 || static_cast<std::int32_t>(zone->renew_at() - held.renew_at) < 0)
      held.renew_at = zone->renew_at();
  }
  return held;
}

}  // namespace meridian::dns
