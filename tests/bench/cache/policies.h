#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <list>
#include <memory>
#include <random>
#include <unordered_map>
#include <vector>

#include "edge-node/cache/eviction.h"
#include "tests/bench/cache/traces.h"

/// Caches bounded by bytes, without any contents: what they would have answered.
namespace meridian::bench {

class Policy {
 public:
  virtual ~Policy() = default;
  /// True: a hit. Otherwise it may have been stored. `next_use`: for who knows the future.
  virtual bool ask(const Request& request, std::size_t next_use) = 0;
};

using Sketch = edge::FrequencySketch;

/// A queue of keys with their bytes, newest in front.
struct Item {
  std::uint64_t key = 0;
  std::uint64_t bytes = 0;
  unsigned hits = 0;
  int queue = 0;
};
using Queue = std::list<Item>;

class Lru final : public Policy {
 public:
  explicit Lru(std::uint64_t capacity) : capacity_(capacity) {}
  bool ask(const Request& request, std::size_t) override {
    if (const auto found = items_.find(request.key); found != items_.end()) {
      queue_.splice(queue_.begin(), queue_, found->second);
      return true;
    }
    if (request.bytes > capacity_) return false;
    while (used_ + request.bytes > capacity_) {
      used_ -= queue_.back().bytes;
      items_.erase(queue_.back().key);
      queue_.pop_back();
    }
    used_ += request.bytes;
    queue_.push_front({request.key, request.bytes, 0, 0});
    items_[request.key] = queue_.begin();
    return false;
  }

 private:
  std::uint64_t capacity_, used_ = 0;
  Queue queue_;
  std::unordered_map<std::uint64_t, Queue::iterator> items_;
};

/// SIEVE; with `admission`, who wants in must have been asked for as often as all whom it displaces
/// together, so that a large one has to be worth many small ones.
class SieveCache final : public Policy {
 public:
  enum class Admission { all, aggregate };
  SieveCache(std::uint64_t capacity, Admission admission, std::size_t counters)
      : capacity_(capacity), admission_(admission), sketch_(counters), hand_(queue_.end()) {}
  bool ask(const Request& request, std::size_t) override {
    if (admission_ == Admission::aggregate) sketch_.add(request.key);
    if (const auto found = items_.find(request.key); found != items_.end()) {
      found->second->hits = 1;
      return true;
    }
    if (request.bytes > capacity_) return false;
    unsigned worth = sketch_.estimate(request.key);
    while (used_ + request.bytes > capacity_) {
      const auto victim = next_victim();
      if (admission_ == Admission::aggregate) {
        const auto price = sketch_.estimate(victim->key);
        if (price > worth) return false;
        worth -= price;
      }
      hand_ = victim == queue_.begin() ? queue_.end() : std::prev(victim);
      used_ -= victim->bytes;
      items_.erase(victim->key);
      queue_.erase(victim);
    }
    used_ += request.bytes;
    queue_.push_front({request.key, request.bytes, 0, 0});
    items_[request.key] = queue_.begin();
    return false;
  }

 private:
  Queue::iterator next_victim() {
    if (hand_ == queue_.end()) hand_ = std::prev(queue_.end());
    while (hand_->hits > 0) {
      hand_->hits = 0;
      hand_ = hand_ == queue_.begin() ? std::prev(queue_.end()) : std::prev(hand_);
    }
    return hand_;
  }
  std::uint64_t capacity_, used_ = 0;
  Admission admission_;
  Sketch sketch_;
  Queue queue_;
  Queue::iterator hand_;
  std::unordered_map<std::uint64_t, Queue::iterator> items_;
};

/// S3-FIFO, its queues measured in bytes.
class S3Fifo final : public Policy {
 public:
  explicit S3Fifo(std::uint64_t capacity) : capacity_(capacity) {}
  bool ask(const Request& request, std::size_t) override {
    if (const auto found = items_.find(request.key); found != items_.end()) {
      found->second->hits = std::min(found->second->hits + 1, 3u);
      return true;
    }
    if (request.bytes > capacity_) return false;
    while (bytes_[kSmall] + bytes_[kMain] + request.bytes > capacity_) make_room();
    push(ghosts_.contains(request.key) ? kMain : kSmall, {request.key, request.bytes, 0, 0});
    return false;
  }

 private:
  static constexpr int kSmall = 0, kMain = 1;
  void push(int queue, Item item) {
    item.queue = queue;
    bytes_[queue] += item.bytes;
    queues_[queue].push_front(item);
    items_[item.key] = queues_[queue].begin();
  }
  /// One goes, or moves on.
  void make_room() {
    const bool small =
        !queues_[kSmall].empty() && (bytes_[kSmall] * 10 >= capacity_ || queues_[kMain].empty());
    const int from = small ? kSmall : kMain;
    Item item = queues_[from].back();
    queues_[from].pop_back();
    bytes_[from] -= item.bytes;
    if (small ? item.hits > 1 : item.hits > 0) {
      item.hits = small ? 0 : item.hits - 1;
      push(kMain, item);
      return;
    }
    items_.erase(item.key);
    if (small) remember(item.key);
  }
  void remember(std::uint64_t key) {
    ghosts_.insert_or_assign(key, true);
    ghost_order_.push_back(key);
    while (ghost_order_.size() > std::max<std::size_t>(items_.size(), 100)) {
      ghosts_.erase(ghost_order_.front());
      ghost_order_.pop_front();
    }
  }
  std::uint64_t capacity_;
  std::array<std::uint64_t, 2> bytes_{};
  std::array<Queue, 2> queues_;
  std::unordered_map<std::uint64_t, Queue::iterator> items_;
  std::unordered_map<std::uint64_t, bool> ghosts_;
  std::list<std::uint64_t> ghost_order_;
};

/// What the edge does, by its own code.
class Meridian final : public Policy {
 public:
  explicit Meridian(std::uint64_t capacity) : capacity_(capacity), order_(capacity) {}
  bool ask(const Request& request, std::size_t) override {
    if (const auto found = items_.find(request.key); found != items_.end()) {
      order_.touch(*found->second);
      return true;
    }
    const auto hash = (request.key + 1) * 0x9e3779b97f4a7c15u;
    order_.asked(hash);
    if (request.bytes > capacity_) return false;
    edge::Contender contender{.hash = hash};
    while (used_ + request.bytes > capacity_) {
      auto* victim = static_cast<Stored*>(order_.evict(&contender));
      if (!victim) return false;
      used_ -= victim->bytes;
      items_.erase(victim->key);
    }
    auto stored = std::make_unique<Stored>();
    stored->key = request.key;
    stored->bytes = request.bytes;
    used_ += request.bytes;
    order_.insert(*stored, hash, request.bytes);
    items_[request.key] = std::move(stored);
    return false;
  }

 private:
  struct Stored : edge::EvictionHook {
    std::uint64_t key = 0;
    std::uint64_t bytes = 0;
  };
  std::uint64_t capacity_, used_ = 0;
  edge::EvictionOrder order_;
  std::unordered_map<std::uint64_t, std::unique_ptr<Stored>> items_;
};

/// W-TinyLFU: a window of one part in a hundred, then a segmented LRU that is entered by being
/// asked for as often as all whom one displaces together.
class WTinyLfu final : public Policy {
 public:
  WTinyLfu(std::uint64_t capacity, std::size_t counters)
      : window_capacity_(capacity / 100),
        main_capacity_(capacity - capacity / 100),
        sketch_(counters) {}
  bool ask(const Request& request, std::size_t) override {
    sketch_.add(request.key);
    if (const auto found = items_.find(request.key); found != items_.end()) {
      touch(found->second);
      return true;
    }
    if (request.bytes > window_capacity_) {
      if (request.bytes <= main_capacity_) enter_main({request.key, request.bytes, 0, 0});
      return false;
    }
    push(kWindow, {request.key, request.bytes, 0, 0});
    while (bytes_[kWindow] > window_capacity_) enter_main(pop(kWindow));
    return false;
  }

 private:
  static constexpr int kWindow = 0, kProbation = 1, kProtected = 2;
  void push(int queue, Item item) {
    item.queue = queue;
    bytes_[queue] += item.bytes;
    queues_[queue].push_front(item);
    items_[item.key] = queues_[queue].begin();
  }
  Item pop(int queue) {
    const Item item = queues_[queue].back();
    bytes_[queue] -= item.bytes;
    queues_[queue].pop_back();
    items_.erase(item.key);
    return item;
  }
  void touch(Queue::iterator item) {
    const int to = item->queue == kWindow ? kWindow : kProtected;
    bytes_[item->queue] -= item->bytes;
    bytes_[to] += item->bytes;
    queues_[to].splice(queues_[to].begin(), queues_[item->queue], item);
    item->queue = to;
    while (bytes_[kProtected] > main_capacity_ * 8 / 10) push(kProbation, pop(kProtected));
  }
  void enter_main(const Item& item) {
    unsigned worth = sketch_.estimate(item.key);
    while (bytes_[kProbation] + bytes_[kProtected] + item.bytes > main_capacity_) {
      const int queue = queues_[kProbation].empty() ? kProtected : kProbation;
      const auto price = sketch_.estimate(queues_[queue].back().key);
      if (price > worth) return;
      worth -= price;
      pop(queue);
    }
    push(kProbation, item);
  }
  std::uint64_t window_capacity_, main_capacity_;
  Sketch sketch_;
  std::array<std::uint64_t, 3> bytes_{};
  std::array<Queue, 3> queues_;
  std::unordered_map<std::uint64_t, Queue::iterator> items_;
};

/// Knows the future. Evicts, of 64 drawn by chance, who is needed last (`by_size` off: Belady) or
/// whose next use times its bytes is most (an approximation of the best for the object hit ratio);
/// the one that asks is among them.
class Belady final : public Policy {
 public:
  Belady(std::uint64_t capacity, bool by_size) : capacity_(capacity), by_size_(by_size) {}
  bool ask(const Request& request, std::size_t next_use) override {
    now_ += 1;
    if (const auto found = items_.find(request.key); found != items_.end()) {
      all_[found->second].next_use = next_use;
      return true;
    }
    if (request.bytes > capacity_ || next_use == SIZE_MAX) return false;
    const Known newcomer{request.key, request.bytes, next_use};
    std::vector<std::uint64_t> leaving;
    std::uint64_t room = capacity_ - used_;
    while (room < request.bytes) {
      std::size_t worst = SIZE_MAX;
      for (int i = 0; i < 64; ++i) {
        const auto candidate = random_() % all_.size();
        if (std::find(leaving.begin(), leaving.end(), all_[candidate].key) != leaving.end())
          continue;
        if (worst == SIZE_MAX || cost(all_[candidate]) > cost(all_[worst])) worst = candidate;
      }
      if (worst == SIZE_MAX || cost(newcomer) >= cost(all_[worst])) return false;
      leaving.push_back(all_[worst].key);
      room += all_[worst].bytes;
    }
    for (const auto key : leaving) erase(key);
    used_ += request.bytes;
    items_[request.key] = all_.size();
    all_.push_back(newcomer);
    return false;
  }

 private:
  struct Known {
    std::uint64_t key;
    std::uint64_t bytes;
    std::size_t next_use;
  };
  double cost(const Known& known) const {
    const double wait =
        known.next_use == SIZE_MAX ? 1e12 : static_cast<double>(known.next_use - now_ + 1);
    return by_size_ ? wait * static_cast<double>(known.bytes) : wait;
  }
  void erase(std::uint64_t key) {
    const auto at = items_[key];
    used_ -= all_[at].bytes;
    items_[all_.back().key] = at;
    all_[at] = all_.back();
    all_.pop_back();
    items_.erase(key);
  }
  std::uint64_t capacity_, used_ = 0;
  bool by_size_;
  std::size_t now_ = 0;
  std::mt19937_64 random_{1};
  std::vector<Known> all_;
  std::unordered_map<std::uint64_t, std::size_t> items_;
};

}  // namespace meridian::bench
