#include "edge-node/protect/client_counts.h"

#include <cstdlib>
#include <new>

#include "edge-node/rules/stable_hash.h"

namespace meridian::edge {
namespace {

constexpr std::uint64_t kCount = ClientCounts::kMost;
constexpr std::uint64_t kOwner = ~kCount;  // the bits of a hash that do not choose the places

}  // namespace

void ClientCounts::Free::operator()(void* memory) const { std::free(memory); }

ClientCounts::ClientCounts(std::uint64_t seed, std::size_t places)
    : seed_(seed),
      buckets_(places / kWays),
      places_(static_cast<Place*>(std::calloc(places, sizeof(Place)))) {
  if (!places_) throw std::bad_alloc();
}

/// A client may come to hold two places, when one before its own becomes free between two looks at
/// them: all of them count.
std::optional<ClientCounts::Held> ClientCounts::take(const ClientBound& bound,
                                                     const IpAddress& client) {
  const int length = client.is_v4() ? bound.ipv4_length : bound.ipv6_length;
  const auto network = prefix_of(client, length).address;
  const auto hash = stable_hash(network.bytes(), stable_mix(seed_ ^ bound.id));
  const auto owner = hash & kOwner;
  Place* const bucket = &places_[hash % buckets_ * kWays];
  for (;;) {
    Place* own = nullptr;
    Place* free = nullptr;
    std::uint64_t own_word = 0, free_word = 0, held = 0;
    for (std::size_t i = 0; i < kWays; ++i) {
      const auto word = bucket[i].load(std::memory_order_relaxed);
      if ((word & kCount) == 0) {
        if (!free) free_word = word, free = &bucket[i];
      } else if ((word & kOwner) == owner) {
        held += word & kCount;
        own_word = word, own = &bucket[i];
      }
    }
    if (held >= bound.most || held >= kCount) return std::nullopt;
    if (own) {
      if (own->compare_exchange_weak(own_word, own_word + 1, std::memory_order_relaxed))
        return Held(own);
    } else if (!free) {
      uncounted_.fetch_add(1, std::memory_order_relaxed);
      return Held();
    } else if (free->compare_exchange_weak(free_word, owner | 1, std::memory_order_relaxed)) {
      return Held(free);
    }
  }
}

}  // namespace meridian::edge
