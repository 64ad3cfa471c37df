#include "dns-steer/compile/publish.h"

#include <utility>

namespace meridian::dns {

void Publisher::take(std::shared_ptr<const Snapshot> snapshot, Instant now,
                     std::shared_ptr<const Signatures> signatures) {
  const std::lock_guard lock(mutex_);
  snapshot_ = std::move(snapshot);
  signatures_ = std::move(signatures);
  publish(now);
}

void Publisher::take(const v1::HealthUpdate& update, Instant now) {
  const std::lock_guard lock(mutex_);
  health_.take(update, now);
  publish(now, News::load);
}

void Publisher::take(const std::vector<v1::EdgeVote>& own_votes, Instant now) {
  const std::lock_guard lock(mutex_);
  health_.take(own_votes);
  publish(now);
}

void Publisher::tick(Instant now) {
  const std::lock_guard lock(mutex_);
  publish(now);
  std::erase_if(retired_, [](const auto& serving) { return serving.use_count() == 1; });
}

std::shared_ptr<const Serving> Publisher::current() const {
  const std::lock_guard lock(mutex_);
  return current_;
}

void Publisher::publish(Instant now, News news) {
  if (!snapshot_) return;
  const auto& fleet = snapshot_->fleet;
  auto view = health_.view(now);
  const bool same = current_ && current_->snapshot == snapshot_ &&
                    current_->signatures == signatures_ && view == view_;
  if (same && news != News::load) return;
  if (news == News::load)
    load_.measure(fleet, view, health_.utilisations(), now);
  else
    load_.review(fleet, view, now);
  auto load = load_.table(fleet);
  if (same && load == current_->load) return;
  view_ = std::move(view);
  const auto before = std::move(current_);
  current_ = same ? std::make_shared<const Serving>(*before, std::move(load))
                  : std::make_shared<const Serving>(snapshot_, view_, last_good_, signatures_,
                                                    std::move(load));
  if (!same) last_good_ = last_good_.after(fleet, current_->health);
  if (before) retired_.push_back(before);
  sink_(current_);
}

}  // namespace meridian::dns
