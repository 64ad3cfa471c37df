#include "edge-node/cache/eviction.h"

namespace meridian::edge {
namespace {

/// Of stored bytes; more counters than objects, so that much more is remembered than is stored.
constexpr std::uint64_t kBytesPerCounter = 16 * 1024;

std::size_t power_of_two(std::uint64_t at_least) {
  std::size_t size = 1024;
  while (size < at_least) size *= 2;
  return size;
}

}  // namespace

EvictionOrder::EvictionOrder(std::uint64_t capacity_bytes)
    : capacity_(capacity_bytes),
      frequency_(capacity_bytes / kBytesPerCounter),
      ghosts_(power_of_two(capacity_bytes / kBytesPerCounter)) {}

void EvictionOrder::push(EvictionHook& hook, Queue queue) {
  List& to = list(queue);
  hook.queue_ = queue;
  hook.newer_ = nullptr;
  hook.older_ = to.newest;
  (to.newest ? to.newest->newer_ : to.oldest) = &hook;
  to.newest = &hook;
  to.bytes += hook.bytes_;
}

void EvictionOrder::unlink(EvictionHook& hook) {
  List& from = list(hook.queue_);
  (hook.newer_ ? hook.newer_->older_ : from.newest) = hook.older_;
  (hook.older_ ? hook.older_->newer_ : from.oldest) = hook.newer_;
  from.bytes -= hook.bytes_;
  hook.queue_ = Queue::none;
}

void EvictionOrder::insert(EvictionHook& hook, std::uint64_t hash, std::uint64_t bytes) {
  assert(!hook.linked());
  hook.hash_ = hash;
  hook.bytes_ = bytes;
  hook.visits_.store(0, std::memory_order_relaxed);
  auto& known = ghost(hash);
  const bool again = known == fingerprint(hash);
  if (again) known = 0;
  push(hook, again ? Queue::main : Queue::small);
}

void EvictionOrder::resize(EvictionHook& hook, std::uint64_t bytes) {
  assert(hook.linked());
  List& in = list(hook.queue_);
  in.bytes = in.bytes - hook.bytes_ + bytes;
  hook.bytes_ = bytes;
}

void EvictionOrder::erase(EvictionHook& hook) {
  assert(hook.linked());
  unlink(hook);
}

EvictionHook* EvictionOrder::evict(Contender* contender) {
  for (;;) {
    const bool newcomer = small_.oldest && (small_.bytes * 10 >= capacity_ || !main_.oldest);
    EvictionHook* hook = newcomer ? small_.oldest : main_.oldest;
    if (!hook) return nullptr;
    const auto visits = hook->visits_.load(std::memory_order_relaxed);
    const bool stays = newcomer ? visits > 1 : visits > 0;
    if (!stays && contender) {
      const auto price = worth(hook->hash_);
      if (contender->spent + price > worth(contender->hash)) {
        contender->refused = true;
        return nullptr;
      }
      contender->spent += price;
    }
    unlink(*hook);
    if (!stays) {
      if (newcomer) ghost(hook->hash_) = fingerprint(hook->hash_);
      return hook;
    }
    // Each pass takes one away, so this ends.
    hook->visits_.store(newcomer ? 0 : static_cast<std::uint8_t>(visits - 1),
                        std::memory_order_relaxed);
    push(*hook, Queue::main);
  }
}

}  // namespace meridian::edge
