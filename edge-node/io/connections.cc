#include "edge-node/io/connections.h"

#include <algorithm>
#include <iterator>
#include <utility>
#include <vector>

namespace meridian::edge {

Connections::Member::~Member() {
  all_.members_.erase(place_);
  if (!sent_away_) return;
  --all_.sent_away_;
  all_.counts_.sent_away.fetch_sub(1, std::memory_order_relaxed);
}

void Connections::drain(Instant now, std::chrono::milliseconds over, std::mt19937_64& random) {
  leave_new_at_ = now;
  std::uniform_int_distribution<std::chrono::milliseconds::rep> moment(0, over.count());
  for (Member* member : members_)
    member->leaves_at_ = now + std::chrono::milliseconds(moment(random));
}

void Connections::let_go(Instant now) {
  if (!leave_new_at_) return;
  for (Member* member : members_) {
    if (!member->leaves_at_ || now < *member->leaves_at_) continue;
    member->leaving_ = true;
    if (member->visit_) member->visit_->on_drain(now);
  }
}

std::size_t Connections::send_away(std::size_t most, Instant before) {
  if (most == 0 || leave_new_at_) return 0;
  std::vector<std::pair<Instant, Member*>> idle;
  auto looks = std::min(members_.size(), kLooks);
  auto end = members_.begin();
  for (; looks > 0; --looks, ++end) {
    Member* member = *end;
    if (!member->visit_ || member->sent_away_) continue;
    const auto since = member->visit_->idle_since();
    if (since && *since <= before) idle.emplace_back(*since, member);
  }
  members_.splice(members_.end(), members_, members_.begin(), end);
  const auto count = std::min(most, idle.size());
  std::partial_sort(idle.begin(), idle.begin() + static_cast<std::ptrdiff_t>(count), idle.end(),
                    [](const auto& a, const auto& b) { return a.first < b.first; });
  idle.resize(count);
  for (const auto& [since, member] : idle) {
    member->sent_away_ = true;
    member->visit_->on_send_away();
  }
  sent_away_ += count;
  counts_.sent_away.fetch_add(count, std::memory_order_relaxed);
  return count;
}

std::size_t lacking_room(std::size_t now, std::size_t most) {
  const std::size_t room = std::max<std::size_t>(most / 16, most > 1 ? 1 : 0);
  const std::size_t wanted = most - room;
  return now > wanted ? std::min(now - wanted, room) : 0;
}

}  // namespace meridian::edge
