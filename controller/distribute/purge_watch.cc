#include "controller/distribute/purge_watch.h"

#include <algorithm>
#include <utility>

namespace meridian::control {

bool PurgeWatch::add(PurgeSequence sequence, Instant deadline, std::function<void()> done) {
  const std::lock_guard lock(mutex_);
  if (closed_ || waiting_.size() >= kMost) return false;
  waiting_.push_back({sequence, deadline, std::move(done)});
  return true;
}

void PurgeWatch::check(PurgeSequence purged_by_all, Instant now) {
  std::vector<std::function<void()>> over;
  {
    const std::lock_guard lock(mutex_);
    const auto first_over = std::stable_partition(
        waiting_.begin(), waiting_.end(),
        [&](const Waiting& one) { return one.sequence > purged_by_all && one.deadline > now; });
    for (auto one = first_over; one != waiting_.end(); ++one) over.push_back(std::move(one->done));
    waiting_.erase(first_over, waiting_.end());
  }
  for (const auto& done : over) done();
}

std::optional<Instant> PurgeWatch::next_deadline() const {
  const std::lock_guard lock(mutex_);
  std::optional<Instant> next;
  for (const auto& one : waiting_)
    if (!next || one.deadline < *next) next = one.deadline;
  return next;
}

void PurgeWatch::close() {
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
  }
  check({}, Instant::max());
}

}  // namespace meridian::control
