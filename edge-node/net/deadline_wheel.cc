#include "edge-node/net/deadline_wheel.h"

#include <algorithm>

namespace meridian::edge {

void DeadlineWheel::Item::unlink() {
  if (!link_) return;
  *link_ = next_;
  if (next_) next_->link_ = link_;
  link_ = nullptr;
  next_ = nullptr;
}

void DeadlineWheel::arm(Item& item, Instant at) {
  item.unlink();
  item.at_ = at;
  const auto tick = std::max(tick_of(at), swept_) + 1;  // never before its time
  Item*& bucket = buckets_[static_cast<std::size_t>(tick) % kBuckets];
  item.next_ = bucket;
  item.link_ = &bucket;
  if (bucket) bucket->link_ = &item.next_;
  bucket = &item;
}

void DeadlineWheel::fire(std::size_t bucket, Instant now) {
  // What fires may change the list: begin again after each.
  for (bool again = true; again;) {
    again = false;
    for (Item* item = buckets_[bucket]; item; item = item->next_) {
      if (item->at_ > now) continue;  // of a later turn of the wheel
      item->unlink();
      item->on_deadline();
      again = true;
      break;
    }
  }
}

void DeadlineWheel::advance(Instant now) {
  const auto until = tick_of(now);
  const auto from = std::max(swept_ + 1, until - static_cast<std::int64_t>(kBuckets) + 1);
  swept_ = std::max(swept_, until);
  for (auto tick = from; tick <= until; ++tick)
    fire(static_cast<std::size_t>(tick) % kBuckets, now);
}

void DeadlineWheel::close() {
  closed_ = true;
  for (std::size_t bucket = 0; bucket < kBuckets; ++bucket) fire(bucket, Instant::max());
}

}  // namespace meridian::edge
