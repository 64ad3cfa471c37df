#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "common/base/time.h"
#include "edge-node/cache/eviction.h"
#include "edge-node/cache/fill.h"
#include "edge-node/cache/key.h"
#include "edge-node/cache/object.h"
#include "edge-node/cache/second_tier.h"
#include "edge-node/policy/vary.h"

namespace meridian::edge {

/// The cache in memory, shared by all workers: whole objects by key and variant, and the fills
/// that are under way. Cut into shards, each with a mutex that is held for a few lookups in a
/// hash table and never while waiting; one order of eviction for all, which hits do not lock.
/// Bounded by bytes, everything included: heads, chunks, keys, what fills have gathered, what
/// evicted objects still hold for slow readers.
class RamTier {
 public:
  /// `purges` outlives it. `seed`: by chance, for hash_key().
  RamTier(std::size_t capacity_bytes, const Purges& purges, std::uint64_t seed);
  ~RamTier();

  /// Where what leaves may go; large responses at once when they are asked for again. Null:
  /// nowhere. Before anything is stored, or when nobody calls any more; it outlives the calls in
  /// between.
  void set_second_tier(SecondTier* second_tier) { second_tier_ = second_tier; }

  KeyRef key(std::string_view text) const { return hash_key(text, seed_); }

  /// The site's stored response that `request` selects, fresh or not; never one that was purged
  /// hard. Null: none. Allocates nothing unless the response has Vary.
  ObjectPtr find(const KeyRef& key, const http::Fields& request, std::uint64_t site);
  /// What purges say of it now. Any thread; no lock unless there was a purge since the last time.
  Purged purged(const Object& object) const { return purged(object, *object.head); }

  struct Join {
    ObjectPtr object{};         // somebody stored one meanwhile: look at this
    FillPtr fill{};             // otherwise: read from it ...
    bool leads = false;         // ... and fetch for it
    bool variant_miss = false;  // other variants are stored
    bool crowded = false;       // so many follow the fill that nothing else is set: go alone
    bool seen_is_gone = false;  // purged meanwhile: nothing else is set; look again
  };
  struct JoinRequest {
    KeyRef key;
    const http::Fields& request;
    const Object* seen = nullptr;  // what find() gave and is not good enough
    std::uint64_t site = 0;        // purge_site_hash()
    bool alone = false;            // neither follow nor be followed
    bool narrow = false;  // it asks for less than the whole response: not worth a fill of its own
    bool follow_only = false;  // a fill that is under way, or none
    bool lead_only = false;    // asks again if it does not lead: until then it does not count
    bool refreshes = false;    // `seen`, in the background: one at a time, whoever asks
    bool counted = false;      // among those who ask for the key: not once more
    /// Which part of the response it is for, as a text that is the same for the same part. With a
    /// key of parts_key().
    std::string_view part{};
    Instant now;
  };
  /// One fill for each key, variant and part at a time, whoever asks, unless the key is marked as
  /// not shared: then each has a fill of its own, and a narrow request none at all, unless what is
  /// stored must be validated before each use.
  Join join(const JoinRequest& wanted);

  /// The fill has become an object; stored unless a purge came in between.
  void complete(const FillPtr& fill, ObjectPtr object);
  /// It has not, and nobody new shall join it. False: it would not have been stored anyway, since
  /// its key was erased meanwhile, or had no place.
  bool abandon(const FillPtr& fill) { return mark_not_shared(fill, Instant()); }
  /// As abandon(); until about then requests for the key do not wait for each other (hit-for-miss).
  bool mark_not_shared(const FillPtr& fill, Instant until);
  /// Nobody new follows the fill, and others do not wait for each other, as in mark_not_shared();
  /// but it may still become an object. The mark stays behind one that is not is_reusable(). False:
  /// another such is on its way, and a second is not worth its memory.
  bool keep_apart(const FillPtr& fill, Instant until);
  /// Drops all variants and the parts there are, and lets no fill that is under way be stored but
  /// for `spared`.
  void erase(const KeyRef& key, const Fill* spared = nullptr);
  /// The same for the parts alone: they are older than the whole.
  void erase_parts(const KeyRef& key);
  /// How often it was asked for lately, up to 15.
  unsigned worth(const KeyRef& key) const { return order_.worth(key.hash); }
  /// Everything that is not read at this moment.
  void clear();

  /// Room for so many bytes, by eviction if need be. No value: there is none to be had.
  std::optional<Charge> reserve(std::size_t bytes) { return reserve(bytes, nullptr); }
  /// A chunk that holds a copy of `bytes`, or null when there is no room.
  ChunkPtr make_chunk(std::string_view bytes) { return make_chunk(bytes, nullptr); }
  /// The same for the body of a fill. Null also when the response is not worth what it would have
  /// to displace: it is large, and not asked for often enough. The fill's writer asks was_refused()
  /// then: nobody needs to keep apart from each other because of that.
  ChunkPtr make_chunk(std::string_view bytes, Fill& fill) {
    return make_chunk(bytes, &fill.contender());
  }
  /// What an object with this head costs beyond its chunks.
  static std::size_t head_bytes(const StoredHead& head);

  std::size_t used_bytes() const { return budget_.used(); }
  std::size_t capacity_bytes() const { return budget_.capacity(); }
  std::size_t objects() const { return objects_.load(std::memory_order_relaxed); }
  /// Of these at least one is stored in parts.
  bool has_parts() const { return parts_.load(std::memory_order_relaxed) > 0; }
  /// Fills that were not worth what they would have displaced.
  std::uint64_t refusals() const { return refusals_.load(std::memory_order_relaxed); }
  /// Requests that did not follow a fill because too many did.
  std::uint64_t crowded() const { return crowded_.load(std::memory_order_relaxed); }
  std::uint64_t evictions() const { return evictions_.load(std::memory_order_relaxed); }

 private:
  static constexpr std::size_t kShards = 32;
  static constexpr std::size_t kMaxVariants = 32;
  static constexpr std::uint64_t kLargeBodyBytes = 256 * 1024;
  static constexpr std::size_t kMaxFollowers = 16'384;  // of one fill
  static constexpr std::size_t kEntryBytes = 256;       // entry, map node, bookkeeping
  static constexpr std::chrono::milliseconds kApartPrecision{500};
  struct Entry;
  struct Variant;
  struct Shard;

  Purged purged(const Object& object, const StoredHead& head) const {
    return purges_.check(head.born, head.names, *head.key, object.purge_memo);
  }
  Shard& shard_of(const KeyRef& key) const;
  static Entry* find_entry(Shard& shard, const KeyRef& key);
  VariantMatch serves(const Object& object, VariantSelector& selector, std::uint64_t site) const;
  /// Null: none.
  Variant* newest_that_serves(Entry& entry, VariantSelector& selector, std::uint64_t site) const;
  bool is_unpurged(const Fill& fill, std::uint64_t site) const;
  bool may_join(const Fill& fill, const JoinRequest& wanted, VariantSelector& selector) const;
  bool is_refreshed(const Entry& entry, const Variant& variant, std::uint64_t site) const;
  void offer(const ObjectPtr& object) const;
  void retire(const std::vector<ObjectPtr>& gone);
  /// There too, at the same moment; null: nowhere else.
  void drop(const KeyRef& key, SecondTier* second_tier, const Fill* spared);
  /// Its size has changed, or it is new.
  void link(Entry& entry);
  ChunkPtr make_chunk(std::string_view bytes, Contender* contender);
  void unlink(Entry& entry);
  void mark(Entry& entry, Instant until);
  void drop_if_empty(Shard& shard, Entry& entry);
  enum class Evicted : std::uint8_t { one, none, refused };
  Evicted evict_one(Contender* contender);
  std::optional<Charge> reserve(std::size_t bytes, Contender* contender);

  Budget budget_;
  const Purges& purges_;
  const std::uint64_t seed_;
  SecondTier* second_tier_ = nullptr;
  std::atomic<std::size_t> objects_{0};
  std::atomic<std::size_t> parts_{0};  // of these
  std::atomic<std::uint64_t> evictions_{0};
  std::atomic<std::uint64_t> refusals_{0};
  std::atomic<std::uint64_t> crowded_{0};
  std::unique_ptr<Shard[]> shards_;
  std::mutex order_mutex_;  // taken last
  EvictionOrder order_;     // of all shards' entries; hits do not lock it
};

}  // namespace meridian::edge
