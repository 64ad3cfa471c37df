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
  publish(now);
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

void Publisher::publish(Instant now) {
  if (!snapshot_) return;
  auto view = health_.view(now);
  if (current_ && current_->snapshot == snapshot_ && current_->signatures == signatures_ &&
      view == view_)
    return;
  view_ = std::move(view);
  if (current_) retired_.push_back(std::move(current_));
  current_ = std::make_shared<const Serving>(snapshot_, view_, last_good_, signatures_);
  last_good_ = last_good_.after(snapshot_->fleet, current_->health);
  sink_(current_);
}

}  // namespace meridian::dns
