#include "edge-node/cache/ram_tier.h"

#include <algorithm>
#include <utility>

namespace meridian::edge {

struct RamTier::Variant {
  ObjectPtr object;
  std::uint64_t used = 0;       // Entry::uses when it was found last, or stored
  std::weak_ptr<Fill> refresh;  // in the background
};

/// All that is known under one key. Evicted as one.
struct RamTier::Entry : EvictionHook, std::enable_shared_from_this<Entry> {
  KeyPtr key;
  std::uint64_t hash = 0;         // of the key
  std::vector<Variant> variants;  // oldest first
  std::uint64_t uses = 0;         // of another variant than the time before
  std::vector<FillPtr> fills;     // to join
  std::vector<FillPtr> alone;     // not to join; a fill in neither list is not stored any more
  std::weak_ptr<Fill> kept;       // that of these which is worth its memory
  Vary vary;                      // of the newest response: what tells variants apart
  Instant apart_until;            // hit-for-miss
  Charge charge;

  KeyRef key_ref() const { return {*key, hash}; }
  std::size_t bytes() const {
    std::size_t sum = charge.bytes();
    for (const auto& [object, used, refresh] : variants)
      sum +=
          object->charge.bytes() + object->body_bytes + object->body.size() * Chunk::kOverheadBytes;
    return sum;
  }
  /// Writes nothing if that was used the last time, too.
  void use(Variant& variant) {
    if (variants.size() > 1 && variant.used != uses) variant.used = ++uses;
  }
  std::vector<ObjectPtr> take_variants() {
    std::vector<ObjectPtr> taken;
    taken.reserve(variants.size());
    for (auto& variant : variants) taken.push_back(std::move(variant.object));
    variants.clear();
    return taken;
  }
  ObjectPtr take_least_used() {
    const auto least = std::min_element(
        variants.begin(), variants.end(),
        [](const Variant& one, const Variant& other) { return one.used < other.used; });
    auto object = std::move(least->object);
    variants.erase(least);
    return object;
  }
};

namespace {

bool holds(const std::vector<FillPtr>& fills, const FillPtr& fill) {
  return std::find(fills.begin(), fills.end(), fill) != fills.end();
}

/// Whose order does not matter, and of which there may be many at a time. False: it is not there.
bool take_out(std::vector<FillPtr>& fills, const FillPtr& fill) {
  const auto found = std::find(fills.begin(), fills.end(), fill);
  if (found == fills.end()) return false;
  found->swap(fills.back());
  fills.pop_back();
  return true;
}

struct HashOfKey {
  std::size_t operator()(const KeyRef& key) const { return key.hash; }
};
struct SameText {
  bool operator()(const KeyRef& a, const KeyRef& b) const {
    return a.hash == b.hash && a.text == b.text;
  }
};

}  // namespace

struct alignas(64) RamTier::Shard {
  std::mutex mutex;
  std::unordered_map<KeyRef, std::shared_ptr<Entry>, HashOfKey, SameText> entries;
};

RamTier::RamTier(std::size_t capacity_bytes, const Purges& purges, std::uint64_t seed)
    : budget_(capacity_bytes),
      purges_(purges),
      seed_(seed),
      shards_(std::make_unique<Shard[]>(kShards)),
      order_(capacity_bytes) {}

RamTier::~RamTier() = default;

/// The map inside uses the lower bits.
RamTier::Shard& RamTier::shard_of(const KeyRef& key) const {
  return shards_[(key.hash >> 48) % kShards];
}

RamTier::Entry* RamTier::find_entry(Shard& shard, const KeyRef& key) {
  const auto found = shard.entries.find(key);
  return found == shard.entries.end() ? nullptr : found->second.get();
}

void RamTier::link(Entry& entry) {
  const auto bytes = entry.bytes();
  const std::lock_guard lock(order_mutex_);
  if (entry.linked())
    order_.resize(entry, bytes);
  else
    order_.insert(entry, entry.hash, bytes);
}

void RamTier::unlink(Entry& entry) {
  const std::lock_guard lock(order_mutex_);
  if (entry.linked()) order_.erase(entry);
}

void RamTier::drop_if_empty(Shard& shard, Entry& entry) {
  if (!entry.variants.empty() || !entry.fills.empty() || !entry.alone.empty() ||
      entry.apart_until != Instant())
    return;
  unlink(entry);
  shard.entries.erase(shard.entries.find(entry.key_ref()));
}

VariantMatch RamTier::serves(const Object& object, VariantSelector& selector,
                             std::uint64_t site) const {
  const StoredHead& head = *object.head;
  // The host may have been another site's when it was stored.
  if (head.names.site != site || purged(object) == Purged::hard) return VariantMatch::none;
  return selector.match(head.vary, head.selected_by, head.fields);
}

RamTier::Variant* RamTier::newest_that_serves(Entry& entry, VariantSelector& selector,
                                              std::uint64_t site) const {
  Variant* by_language = nullptr;
  for (auto it = entry.variants.rbegin(); it != entry.variants.rend(); ++it) {
    const auto match = serves(*it->object, selector, site);
    if (match == VariantMatch::exact) return &*it;
    if (match == VariantMatch::by_language && !by_language) by_language = &*it;
  }
  return by_language;
}

/// Under the lock of its shard, as erase(): what was erased does not go down after that.
void RamTier::offer(const ObjectPtr& object) const {
  if (!second_tier_ || object->parts || object->in_second_tier.load(std::memory_order_relaxed))
    return;
  if (!object->in_second_tier.exchange(true)) second_tier_->offer(object);
}

/// They leave the cache, but perhaps not the memory.
void RamTier::retire(const std::vector<ObjectPtr>& gone) {
  objects_ -= gone.size();
  for (const auto& object : gone) {
    if (object->parts) parts_ -= 1;
    object->dead.store(true, std::memory_order_release);
  }
}

ObjectPtr RamTier::find(const KeyRef& key, const http::Fields& request, std::uint64_t site) {
  Shard& shard = shard_of(key);
  const std::lock_guard lock(shard.mutex);
  Entry* entry = find_entry(shard, key);
  if (!entry) return nullptr;
  VariantSelector selector(request);
  Variant* variant = newest_that_serves(*entry, selector, site);
  if (!variant) return nullptr;
  entry->use(*variant);
  order_.touch(*entry);
  ObjectPtr object = variant->object;
  if (object->body_bytes >= kLargeBodyBytes) offer(object);  // this is its second request
  return object;
}

/// Which tags its response will have nobody knows yet: it may be any.
bool RamTier::is_unpurged(const Fill& fill, std::uint64_t site) const {
  const PurgeNames names{.site = fill.site(), .tags = {}, .too_many_tags = true};
  return fill.site() == site && purges_.check(fill.born(), names, *fill.key()) == Purged::no;
}

bool RamTier::may_join(const Fill& fill, const JoinRequest& wanted,
                       VariantSelector& selector) const {
  return is_unpurged(fill, wanted.site) && fill.part() == wanted.part &&
         fill.selected_by() == selector.values(fill.vary());
}

bool RamTier::is_refreshed(const Entry& entry, const Variant& variant, std::uint64_t site) const {
  const auto refresh = variant.refresh.lock();
  return refresh && (holds(entry.fills, refresh) || holds(entry.alone, refresh)) &&
         is_unpurged(*refresh, site);
}

RamTier::Join RamTier::join(const JoinRequest& wanted) {
  if (!wanted.lead_only && !wanted.counted) order_.asked(wanted.key.hash);
  const auto born = purges_.generation();
  // In this order: what is purged from here on makes the fill invalid too, which may be confirmed
  // to be what was seen.
  if (wanted.seen && purged(*wanted.seen) == Purged::hard) return {.seen_is_gone = true};
  Shard& shard = shard_of(wanted.key);
  std::unique_lock lock(shard.mutex);
  Entry* entry = find_entry(shard, wanted.key);
  if (!entry && wanted.follow_only) return {};
  std::optional<Charge> charge;  // for an entry
  if (!entry) {
    lock.unlock();  // it may evict
    charge = reserve(kEntryBytes + 2 * wanted.key.text.size());
    lock.lock();
    entry = find_entry(shard, wanted.key);
  }
  if (!entry) {
    auto key = std::make_shared<const std::string>(wanted.key.text);
    if (!charge)  // not even room for a key: fetch, and share with nobody
      return {.fill = std::make_shared<Fill>(Fill::Purpose{.key = std::move(key),
                                                           .key_hash = wanted.key.hash,
                                                           .site = wanted.site,
                                                           .vary = {},
                                                           .selected_by = {},
                                                           .part = std::string(wanted.part),
                                                           .born = born}),
              .leads = true};
    auto fresh = std::make_shared<Entry>();
    entry = fresh.get();
    entry->key = std::move(key);
    entry->hash = wanted.key.hash;
    entry->charge = std::move(*charge);
    shard.entries.emplace(entry->key_ref(), std::move(fresh));
  }
  VariantSelector selector(wanted.request);
  Variant* variant = newest_that_serves(*entry, selector, wanted.site);
  if (variant && variant->object.get() != wanted.seen) return {.object = variant->object};

  const bool variant_miss =
      !variant && std::any_of(entry->variants.begin(), entry->variants.end(),
                              [&](const auto& one) { return purged(*one.object) != Purged::hard; });
  const bool apart = entry->apart_until > wanted.now;
  // What is validated before each use costs little, and stands in for an origin that fails.
  const bool confirms = variant && !is_reusable(variant->object->head->freshness);
  if (apart && wanted.narrow && !confirms) return {};
  const bool is_busy = !entry->fills.empty() || !entry->alone.empty();
  if (apart && wanted.refreshes && is_busy) return {};
  if (wanted.refreshes && variant && is_refreshed(*entry, *variant, wanted.site)) return {};
  const bool alone = wanted.alone || apart;
  if (!alone || wanted.refreshes)
    for (const auto& fill : entry->fills)
      if (may_join(*fill, wanted, selector)) {
        if (wanted.refreshes) return {};  // that does it
        if (fill->readers() < kMaxFollowers) return {.fill = fill, .variant_miss = variant_miss};
        crowded_.fetch_add(1, std::memory_order_relaxed);
        return {.crowded = true};
      }
  if (wanted.follow_only) return {};
  if (wanted.lead_only) order_.asked(wanted.key.hash);
  auto fill = std::make_shared<Fill>(Fill::Purpose{.key = entry->key,
                                                   .key_hash = entry->hash,
                                                   .site = wanted.site,
                                                   .vary = entry->vary,
                                                   .selected_by = selector.values(entry->vary),
                                                   .part = std::string(wanted.part),
                                                   .born = born});
  (alone ? entry->alone : entry->fills).push_back(fill);
  if (wanted.refreshes && variant) variant->refresh = fill;
  return {.fill = std::move(fill), .leads = true, .variant_miss = variant_miss};
}

void RamTier::complete(const FillPtr& fill, ObjectPtr object) {
  std::vector<ObjectPtr> gone;  // freed after the lock
  const KeyRef key = fill->key_ref();
  Shard& shard = shard_of(key);
  const std::lock_guard lock(shard.mutex);
  Entry* entry = find_entry(shard, key);
  if (!entry) return;
  const bool known = take_out(entry->alone, fill) || std::erase(entry->fills, fill) > 0;
  if (!known || purged(*object) == Purged::hard) {
    drop_if_empty(shard, *entry);
    return;
  }
  const StoredHead& head = *object->head;
  std::erase_if(entry->variants, [&](Variant& variant) {
    const ObjectPtr& old = variant.object;
    const bool replaced = old->head->selected_by == head.selected_by ||
                          old->head->names.site != head.names.site || purged(*old) == Purged::hard;
    if (replaced) gone.push_back(std::move(variant.object));
    return replaced;
  });
  if (entry->variants.size() >= kMaxVariants) gone.push_back(entry->take_least_used());
  objects_ += 1;
  if (object->parts) parts_ += 1;
  retire(gone);
  entry->vary = head.vary;
  if (is_reusable(head.freshness)) entry->apart_until = Instant();
  entry->variants.push_back({.object = std::move(object), .used = ++entry->uses, .refresh = {}});
  link(*entry);
}

bool RamTier::mark_not_shared(const FillPtr& fill, Instant until) {
  const KeyRef key = fill->key_ref();
  Shard& shard = shard_of(key);
  const std::lock_guard lock(shard.mutex);
  Entry* entry = find_entry(shard, key);
  if (!entry) return false;
  const bool known = take_out(entry->alone, fill) || std::erase(entry->fills, fill) > 0;
  if (known && until != Instant()) mark(*entry, until);
  drop_if_empty(shard, *entry);
  return known;
}

bool RamTier::keep_apart(const FillPtr& fill, Instant until) {
  const KeyRef key = fill->key_ref();
  Shard& shard = shard_of(key);
  const std::lock_guard lock(shard.mutex);
  Entry* entry = find_entry(shard, key);
  if (!entry) return true;
  if (std::erase(entry->fills, fill) > 0) entry->alone.push_back(fill);
  // Not for one that was erased.
  if (holds(entry->alone, fill)) mark(*entry, until);
  const auto other = entry->kept.lock();
  if (other && other != fill && holds(entry->alone, other)) return false;
  entry->kept = fill;
  return true;
}

/// Not anew with each of many: what is evicted is not apart any more.
void RamTier::mark(Entry& entry, Instant until) {
  if (entry.apart_until + kApartPrecision >= until) return;
  entry.apart_until = until;
  link(entry);
}

void RamTier::erase(const KeyRef& key, const Fill* spared) {
  drop(key, second_tier_, spared);
  erase_parts(key);
}

void RamTier::erase_parts(const KeyRef& key) {
  const auto text = parts_key(key.text);
  drop(this->key(text), nullptr, nullptr);
}

void RamTier::drop(const KeyRef& key, SecondTier* second_tier, const Fill* spared) {
  std::vector<ObjectPtr> gone;
  Shard& shard = shard_of(key);
  const std::lock_guard lock(shard.mutex);
  if (second_tier) second_tier->erase(key.text);
  Entry* entry = find_entry(shard, key);
  if (!entry) return;
  gone = entry->take_variants();
  retire(gone);
  for (auto* fills : {&entry->fills, &entry->alone})
    std::erase_if(*fills, [&](const FillPtr& fill) { return fill.get() != spared; });
  entry->apart_until = Instant();
  drop_if_empty(shard, *entry);
}

void RamTier::clear() {
  while (evict_one(nullptr) == Evicted::one) {
  }
}

std::optional<Charge> RamTier::reserve(std::size_t bytes, Contender* contender) {
  if (bytes > budget_.capacity()) return std::nullopt;
  while (!budget_.try_take(bytes)) {
    const auto evicted = evict_one(contender);
    if (evicted == Evicted::one) continue;
    if (evicted == Evicted::refused) refusals_.fetch_add(1, std::memory_order_relaxed);
    return std::nullopt;
  }
  return Charge(budget_, bytes);
}

ChunkPtr RamTier::make_chunk(std::string_view bytes, Contender* contender) {
  auto charge = reserve(bytes.size() + Chunk::kOverheadBytes, contender);
  if (!charge) return nullptr;
  auto chunk = std::make_shared<Chunk>();
  chunk->bytes = bytes;
  chunk->charge = std::move(*charge);
  return chunk;
}

std::size_t RamTier::head_bytes(const StoredHead& head) {
  std::size_t bytes = sizeof(StoredHead) + sizeof(Object) + 64 + head.fields.memory_bytes() +
                      head.selected_by.capacity();
  for (const auto& name : head.vary.names) bytes += sizeof(name) + name.capacity();
  bytes += head.names.tags.capacity() * sizeof(std::uint64_t);
  return bytes;
}

RamTier::Evicted RamTier::evict_one(Contender* contender) {
  std::vector<ObjectPtr> gone;  // freed after the lock
  std::shared_ptr<Entry> entry;
  {
    const std::lock_guard lock(order_mutex_);
    auto* victim = static_cast<Entry*>(order_.evict(contender));
    if (!victim) return contender && contender->refused ? Evicted::refused : Evicted::none;
    entry = victim->shared_from_this();
  }
  Shard& shard = shard_of(entry->key_ref());
  const std::lock_guard lock(shard.mutex);
  const auto found = shard.entries.find(entry->key_ref());
  if (found == shard.entries.end() || found->second != entry)
    return Evicted::one;  // it left by itself
  unlink(*entry);         // in case that something was stored meanwhile
  gone = entry->take_variants();
  retire(gone);
  entry->apart_until = Instant();
  evictions_.fetch_add(1, std::memory_order_relaxed);
  // With fills under way it stays, unlinked, until they end.
  if (entry->fills.empty() && entry->alone.empty()) shard.entries.erase(found);
  if (order_.worth(entry->hash) > 1)
    for (const auto& object : gone) offer(object);
  return Evicted::one;
}

}  // namespace meridian::edge
