#include "edge-node/cache/ram_tier.h"

#include <algorithm>
#include <functional>
#include <utility>

namespace meridian::edge {

/// All that is known under one key. Evicted as one.
struct RamTier::Entry : SieveHook {
  std::string key;
  std::vector<ObjectPtr> variants;  // oldest first
  std::vector<FillPtr> fills;       // to join
  std::vector<FillPtr> alone;       // not to join; a fill in neither list is not stored any more
  Vary vary;                        // of the newest response: what tells variants apart
  Instant apart_until;              // hit-for-miss
  Charge charge;
};

struct RamTier::Shard {
  std::mutex mutex;
  std::unordered_map<std::string, std::unique_ptr<Entry>> entries;
  Sieve order;
};

RamTier::RamTier(std::size_t capacity_bytes, const PurgeEpochs& epochs)
    : budget_(capacity_bytes), epochs_(epochs), shards_(std::make_unique<Shard[]>(kShards)) {}

RamTier::~RamTier() = default;

RamTier::Shard& RamTier::shard_of(const std::string& key) {
  return shards_[std::hash<std::string>()(key) % kShards];
}

RamTier::Entry* RamTier::find_entry(Shard& shard, const std::string& key) {
  const auto found = shard.entries.find(key);
  return found == shard.entries.end() ? nullptr : found->second.get();
}

void RamTier::drop_if_empty(Shard& shard, Entry& entry) {
  if (!entry.variants.empty() || !entry.fills.empty() || !entry.alone.empty() ||
      entry.apart_until != Instant())
    return;
  if (entry.linked()) shard.order.erase(entry);
  shard.entries.erase(shard.entries.find(entry.key));
}

namespace {

bool serves(const Object& object, const http::Fields& request, const PurgeEpochs& epochs) {
  const StoredHead& head = *object.head;
  return epochs.is_valid(head.epoch, *head.site) &&
         head.selected_by == selecting_values(head.vary, request);
}

ObjectPtr newest_that_serves(const std::vector<ObjectPtr>& variants, const http::Fields& request,
                             const PurgeEpochs& epochs) {
  for (auto it = variants.rbegin(); it != variants.rend(); ++it)
    if (serves(**it, request, epochs)) return *it;
  return nullptr;
}

}  // namespace

ObjectPtr RamTier::find(const std::string& key, const http::Fields& request) {
  Shard& shard = shard_of(key);
  const std::lock_guard lock(shard.mutex);
  Entry* entry = find_entry(shard, key);
  if (!entry) return nullptr;
  auto object = newest_that_serves(entry->variants, request, epochs_);
  if (object && entry->linked()) shard.order.touch(*entry);
  return object;
}

RamTier::Join RamTier::join(const JoinRequest& wanted) {
  auto charge = reserve(kEntryBytes + 2 * wanted.key.size());  // before the lock: it may evict
  const auto epoch = epochs_.current();
  Shard& shard = shard_of(wanted.key);
  const std::lock_guard lock(shard.mutex);
  Entry* entry = find_entry(shard, wanted.key);
  if (!entry) {
    if (!charge) {  // not even room for a key: fetch, and share with nobody
      auto fill = std::make_shared<Fill>(wanted.key, Vary(), std::string(), epoch);
      return {.object = {}, .fill = std::move(fill), .leads = true};
    }
    auto fresh = std::make_unique<Entry>();
    entry = fresh.get();
    entry->key = wanted.key;
    entry->charge = std::move(*charge);
    shard.entries.emplace(wanted.key, std::move(fresh));
    shard.order.insert(*entry);
  }
  auto object = newest_that_serves(entry->variants, wanted.request, epochs_);
  if (object && object.get() != wanted.seen) return {.object = std::move(object), .fill = {}};

  const bool variant_miss = !object && !entry->variants.empty();
  auto selected_by = selecting_values(entry->vary, wanted.request);
  const bool apart = entry->apart_until > wanted.now;
  if (apart && wanted.narrow) return {};
  const bool alone = wanted.alone || apart;
  if (!alone)
    for (const auto& fill : entry->fills)
      if (epochs_.is_valid(fill->epoch(), wanted.site) &&
          fill->selected_by() == selecting_values(fill->vary(), wanted.request))
        return {.object = {}, .fill = fill, .variant_miss = variant_miss};
  auto fill = std::make_shared<Fill>(wanted.key, entry->vary, std::move(selected_by), epoch);
  (alone ? entry->alone : entry->fills).push_back(fill);
  return {.object = {}, .fill = std::move(fill), .leads = true, .variant_miss = variant_miss};
}

void RamTier::complete(const FillPtr& fill, ObjectPtr object) {
  std::vector<ObjectPtr> gone;  // freed after the lock
  Shard& shard = shard_of(fill->key());
  const std::lock_guard lock(shard.mutex);
  Entry* entry = find_entry(shard, fill->key());
  if (!entry) return;
  const bool known = std::erase(entry->fills, fill) + std::erase(entry->alone, fill) > 0;
  if (!known || !epochs_.is_valid(object->head->epoch, *object->head->site)) {
    drop_if_empty(shard, *entry);
    return;
  }
  const StoredHead& head = *object->head;
  std::erase_if(entry->variants, [&](ObjectPtr& old) {
    const bool replaced = old->head->selected_by == head.selected_by ||
                          !epochs_.is_valid(old->head->epoch, *old->head->site);
    if (replaced) gone.push_back(std::move(old));
    return replaced;
  });
  if (entry->variants.size() >= kMaxVariants) {
    gone.push_back(std::move(entry->variants.front()));
    entry->variants.erase(entry->variants.begin());
  }
  objects_ += 1;
  objects_ -= gone.size();
  entry->vary = head.vary;
  entry->apart_until = Instant();
  entry->variants.push_back(std::move(object));
  if (!entry->linked()) shard.order.insert(*entry);
}

void RamTier::abandon(const FillPtr& fill) { mark_not_shared(fill, Instant()); }

void RamTier::mark_not_shared(const FillPtr& fill, Instant until) {
  Shard& shard = shard_of(fill->key());
  const std::lock_guard lock(shard.mutex);
  Entry* entry = find_entry(shard, fill->key());
  if (!entry) return;
  const bool known = std::erase(entry->fills, fill) + std::erase(entry->alone, fill) > 0;
  if (known && until != Instant()) {
    entry->apart_until = until;
    if (!entry->linked()) shard.order.insert(*entry);
  }
  drop_if_empty(shard, *entry);
}

void RamTier::erase(const std::string& key) {
  std::vector<ObjectPtr> gone;
  Shard& shard = shard_of(key);
  const std::lock_guard lock(shard.mutex);
  Entry* entry = find_entry(shard, key);
  if (!entry) return;
  gone = std::move(entry->variants);
  objects_ -= gone.size();
  entry->variants.clear();
  entry->fills.clear();
  entry->alone.clear();
  entry->apart_until = Instant();
  drop_if_empty(shard, *entry);
}

void RamTier::clear() {
  while (evict_one()) {
  }
}

std::optional<Charge> RamTier::reserve(std::size_t bytes) {
  if (bytes > budget_.capacity()) return std::nullopt;
  while (!budget_.try_take(bytes))
    if (!evict_one()) return std::nullopt;
  return Charge(budget_, bytes);
}

ChunkPtr RamTier::make_chunk(std::string_view bytes) {
  auto charge = reserve(bytes.size() + Chunk::kOverheadBytes);
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
  return bytes;
}

/// The next shard in turn that has something gives up its next victim.
bool RamTier::evict_one() {
  for (std::size_t i = 0; i < kShards; ++i) {
    std::vector<ObjectPtr> gone;
    std::unique_ptr<Entry> entry_gone;
    Shard& shard = shards_[hand_.fetch_add(1, std::memory_order_relaxed) % kShards];
    const std::lock_guard lock(shard.mutex);
    auto* entry = static_cast<Entry*>(shard.order.victim());
    if (!entry) continue;
    shard.order.erase(*entry);
    gone = std::move(entry->variants);
    entry->variants.clear();
    objects_ -= gone.size();
    entry->apart_until = Instant();
    evictions_.fetch_add(1, std::memory_order_relaxed);
    // With fills under way it stays, unlinked, until they end.
    if (entry->fills.empty() && entry->alone.empty()) {
      const auto found = shard.entries.find(entry->key);
      entry_gone = std::move(found->second);
      shard.entries.erase(found);
    }
    return true;
  }
  return false;
}

}  // namespace meridian::edge
