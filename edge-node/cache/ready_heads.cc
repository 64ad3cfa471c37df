#include "edge-node/cache/ready_heads.h"

namespace meridian::edge {

ReadyHeads::~ReadyHeads() {
  for (const auto* head = newest_.load(); head;) {
    const std::unique_ptr<const ReadyHead> gone(head);
    head = head->older;
  }
}

const ReadyHead* ReadyHeads::find(std::uint64_t stamp) const {
  for (const auto* head = newest_.load(std::memory_order_acquire); head; head = head->older)
    if (head->stamp == stamp) return head;
  return nullptr;
}

const ReadyHead* ReadyHeads::add(std::unique_ptr<ReadyHead> head) {
  const auto* newest = newest_.load(std::memory_order_acquire);
  do {
    unsigned there = 0;
    for (const auto* other = newest; other; other = other->older) ++there;
    if (there >= kMost) return nullptr;
    head->older = newest;
  } while (!newest_.compare_exchange_weak(newest, head.get(), std::memory_order_acq_rel));
  return head.release();
}

}  // namespace meridian::edge
