#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <memory>
#include <utility>

#include "edge-node/encode/coding.h"

namespace meridian::edge {

struct EncodedBody;

/// The encoded forms of one stored response, made when the first visitor takes them, by who serves
/// it, and kept as long as the response itself: so freshness, Vary and purges are settled before a
/// form is looked at. Takes a pointer until there is one. Any thread; no lock.
class EncodedForms {
 public:
  EncodedForms() = default;
  EncodedForms(const EncodedForms&) = delete;
  EncodedForms& operator=(const EncodedForms&) = delete;
  ~EncodedForms() { delete slots_.load(); }

  /// Null: there is none yet. Lives as long as this.
  const EncodedBody* find(Coding coding) const {
    const auto* slots = slots_.load(std::memory_order_acquire);
    return slots ? (*slots)[index(coding)].body.load(std::memory_order_acquire) : nullptr;
  }
  /// True: nobody else makes this form; then publish() or give_up() follows.
  bool claim(Coding coding) { return !slots()[index(coding)].claimed.exchange(true); }
  void give_up(Coding coding) { slots()[index(coding)].claimed.store(false); }
  void publish(Coding coding, std::shared_ptr<const EncodedBody> body) {
    auto& slot = slots()[index(coding)];
    slot.owner = std::move(body);
    slot.body.store(slot.owner.get(), std::memory_order_release);
  }
  /// Takes over what `other` has of the same body. Before anybody else sees this.
  void adopt(const EncodedForms& other) {
    const auto* from = other.slots_.load(std::memory_order_acquire);
    if (!from) return;
    for (std::size_t i = 0; i < from->size(); ++i) {
      const auto* body = (*from)[i].body.load(std::memory_order_acquire);
      if (!body) continue;
      auto& slot = slots()[i];
      slot.claimed.store(true);
      slot.owner = (*from)[i].owner;
      slot.body.store(body, std::memory_order_release);
    }
  }

 private:
  struct Slot {
    std::atomic<const EncodedBody*> body{nullptr};
    std::shared_ptr<const EncodedBody> owner;  // written once, before `body`
    std::atomic<bool> claimed{false};
  };
  using Slots = std::array<Slot, kCodings - 1>;  // identity is the response itself

  static std::size_t index(Coding coding) { return static_cast<std::size_t>(coding) - 1; }
  Slots& slots() {
    auto* held = slots_.load(std::memory_order_acquire);
    if (held) return *held;
    auto fresh = std::make_unique<Slots>();
    if (!slots_.compare_exchange_strong(held, fresh.get())) return *held;
    return *fresh.release();
  }

  std::atomic<Slots*> slots_{nullptr};
};

}  // namespace meridian::edge
