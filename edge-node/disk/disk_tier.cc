#include "edge-node/disk/disk_tier.h"

#include <algorithm>
#include <utility>

#include "common/disk/file.h"
#include "common/observe/log.h"

namespace meridian::edge::disk {
namespace {

/// A disk that has failed is not written to for so long, at first and at most.
constexpr std::chrono::seconds kShortestRest{1};
constexpr std::chrono::seconds kLongestRest{30};

}  // namespace

void DiskRead::read_head(const std::string& key, const http::Fields& request, std::uint64_t site,
                         const Purges& purges) {
  for (const auto& location : locations_) {
    auto head = location.read_head();
    if (!head || *head->key != key || head->names.site != site) continue;
    const auto match = match_variant(head->vary, head->selected_by, head->fields, request);
    if (match == VariantMatch::none || (match == VariantMatch::by_language && head_)) continue;
    // The newest for this request: older ones are not what it should get.
    const auto purged = purges.check(head->born, head->names, key);
    if (purged == Purged::hard && match == VariantMatch::exact) {
      head_ = nullptr;
      return;
    }
    if (purged == Purged::hard) continue;
    purged_ = purged == Purged::soft;
    head_ = std::move(head);
    chosen_ = location;
    if (match == VariantMatch::exact) return;
  }
}

std::uint64_t DiskRead::seek(std::uint64_t byte) {
  block_ = byte / kBlockBytes;
  return block_ * kBlockBytes;
}

void DiskRead::read_piece() {
  piece_ = chosen_.read_blocks(block_, kBlocksAtOnce);
  block_ += kBlocksAtOnce;
}

DiskTier::DiskTier(Options options, const Purges& purges)
    : options_(std::move(options)),
      purges_(purges),
      store_(options_.directory, options_.capacity_bytes) {}

Result<std::unique_ptr<DiskTier>> DiskTier::open(Options options, const Purges& purges) {
  if (auto made = make_directory(options.directory); !made) return made.error();
  std::unique_ptr<DiskTier> tier(new DiskTier(std::move(options), purges));
  tier->writer_ = std::thread([t = tier.get()] { t->run_writer(); });
  for (auto& reader : tier->readers_) reader = std::thread([t = tier.get()] { t->run_reader(); });
  return tier;
}

DiskTier::~DiskTier() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  work_for_writer_.notify_all();
  work_for_readers_.notify_all();
  writer_.join();
  for (auto& reader : readers_) reader.join();
}

DiskReadPtr DiskTier::find(std::string_view key) {
  if (!in_use_.load(std::memory_order_relaxed)) return nullptr;
  auto locations = store_.find(stable_hash(key));
  if (locations.empty()) return nullptr;
  auto read = std::make_shared<DiskRead>();
  read->locations_ = std::move(locations);
  return read;
}

/// At a full queue the step is done at once, without a result.
void DiskTier::ask(std::function<void()> job, const DiskReadPtr& read,
                   std::shared_ptr<FillListener> listener) {
  read->ready_.store(false, std::memory_order_relaxed);
  const auto done = [read, listener = std::move(listener)] {
    read->ready_.store(true, std::memory_order_release);
    listener->on_progress();
  };
  {
    const std::lock_guard lock(mutex_);
    if (reads_waiting_.size() < kMostReads && !stopping_) {
      reads_waiting_.push_back([job = std::move(job), done] {
        job();
        done();
      });
      work_for_readers_.notify_one();
      return;
    }
  }
  dropped_.fetch_add(1, std::memory_order_relaxed);
  done();
}

void DiskTier::ask_head(const DiskReadPtr& read, std::string key, http::Fields request,
                        std::uint64_t site, std::shared_ptr<FillListener> listener) {
  read->head_ = nullptr;
  ask([this, read, key = std::move(key), request = std::move(request),
       site] { read->read_head(key, request, site, purges_); },
      read, std::move(listener));
}

void DiskTier::ask_piece(const DiskReadPtr& read, std::shared_ptr<FillListener> listener) {
  read->piece_.clear();
  ask(
      [this, read] {
        read->read_piece();
        if (read->piece_.empty()) damaged_.fetch_add(1, std::memory_order_relaxed);
      },
      read, std::move(listener));
}

/// Under the lock.
bool DiskTier::may_take(std::uint64_t body_bytes) {
  const bool may = !stopping_ && !released_ &&
                   bytes_waiting_ + body_bytes <= options_.queue_bytes &&
                   writes_again_at_ <= options_.now();
  if (!may) dropped_.fetch_add(1, std::memory_order_relaxed);
  return may;
}

/// Under the lock.
void DiskTier::enqueue(Write write) {
  bytes_waiting_ += write.bytes();
  writes_waiting_.push_back(std::move(write));
  work_for_writer_.notify_one();
}

void DiskTier::offer(ObjectPtr object) {
  if (!in_use_.load(std::memory_order_relaxed) || !store_.fits(object->body_bytes)) return;
  const auto hash = stable_hash(*object->head->key);
  const std::lock_guard lock(mutex_);
  if (!may_take(object->body_bytes)) return;
  ++waiting_[hash].writes;
  enqueue({.object = std::move(object), .key_hash = hash, .number = next_number_++});
}

DiskWritePtr DiskTier::begin(StoredHeadPtr head, std::optional<std::uint64_t> body_bytes) {
  if (!in_use_.load(std::memory_order_relaxed) || !store_.fits(body_bytes.value_or(0)))
    return nullptr;
  auto write = std::make_shared<DiskWrite>();
  write->key_hash = stable_hash(*head->key);
  write->head = std::move(head);
  write->body_bytes = body_bytes;
  const std::lock_guard lock(mutex_);
  if (!may_take(0)) return nullptr;
  if (piecemeal_ >= kMostPiecemeal) {
    dropped_.fetch_add(1, std::memory_order_relaxed);
    return nullptr;
  }
  ++piecemeal_;
  ++waiting_[write->key_hash].writes;
  write->number = next_number_++;
  return write;
}

bool DiskTier::append(const DiskWritePtr& write, ChunkPtr chunk) {
  const std::lock_guard lock(mutex_);
  write->given_up = write->given_up || write->number < wiped_before_;
  if (write->given_up) return false;
  if (chunk->bytes.empty()) return true;
  write->appended += chunk->bytes.size();
  write->given_up = !store_.fits(write->appended) || !may_take(chunk->bytes.size());
  if (write->given_up) return false;
  enqueue({.piecemeal = write,
           .piece = std::move(chunk),
           .key_hash = write->key_hash,
           .number = write->number});
  return true;
}

void DiskTier::end(const DiskWritePtr& write, bool whole) {
  const std::lock_guard lock(mutex_);
  --piecemeal_;
  if (stopping_ || released_) return;
  enqueue({.piecemeal = write,
           .whole = whole && !write->given_up,
           .key_hash = write->key_hash,
           .number = write->number});
}

void DiskTier::erase(std::string_view key) {
  const auto hash = stable_hash(key);
  const std::lock_guard lock(mutex_);
  if (released_) return;
  const auto waiting = waiting_.find(hash);
  bool was_coming = waiting != waiting_.end();
  if (was_coming) waiting->second.void_before = next_number_;
  if (writing_ && key_being_written_ == hash) write_is_void_ = was_coming = true;
  const bool was_there = store_.has(hash);
  store_.forget(hash);
  if (!was_there && !was_coming && loaded_) return;
  if (++erasures_waiting_ > kMostErasures)
    wipe_wanted_ = true;
  else
    enqueue({.key_hash = hash});
  work_for_writer_.notify_one();
}

void DiskTier::release() {
  in_use_.store(false);
  {
    const std::lock_guard lock(mutex_);
    released_ = true;
    // Erasures can be written only where all is known that they erase; the rest of what waits is
    // not written any more.
    if (!loaded_ && erasures_waiting_ == 0 && !wipe_wanted_) store_.abandon_load();
  }
  flush();
}

void DiskTier::close() {
  in_use_.store(false);
  wipe();
}

void DiskTier::wipe() {
  std::unique_lock lock(mutex_);
  wipe_wanted_ = true;
  work_for_writer_.notify_one();
  writer_idle_.wait(lock, [this] { return !wipe_wanted_ || stopping_; });
}

void DiskTier::flush() {
  std::unique_lock lock(mutex_);
  writer_idle_.wait(lock, [this] { return loaded_ && writes_waiting_.empty() && !writing_; });
}

void DiskTier::failed(const Error& error) {
  const auto errors = errors_.fetch_add(1, std::memory_order_relaxed);
  const std::lock_guard lock(mutex_);
  if (rest_.count() == 0)
    log::error("cache disk fails: the cache goes on in memory",
               {{"reason", error}, {"errors", errors + 1}});
  rest_ = std::clamp(rest_ * 2, kShortestRest, kLongestRest);
  writes_again_at_ = options_.now() + rest_;
}

/// What has left the queue, and all of it that there was; under the lock.
bool DiskTier::was_erased(const Write& write) {
  if (write.number < wiped_before_) return true;
  const auto waiting = waiting_.find(write.key_hash);
  const bool erased = write.number < waiting->second.void_before;
  if (--waiting->second.writes == 0) waiting_.erase(waiting);
  return erased;
}

/// True: a response more lies there.
Result<bool> DiskTier::perform(const Write& write, bool in_vain) {
  const auto result = [](const Result<void>& done, bool stored) -> Result<bool> {
    if (!done) return done.error();
    return stored;
  };
  if (write.is_erasure()) return result(store_.write_erased(write.key_hash), false);
  if (write.object) {
    if (in_vain) return false;
    return result(store_.write(*write.object, write_is_void_), true);
  }
  DiskWrite& piecemeal = *write.piecemeal;
  const auto head = std::exchange(piecemeal.head, nullptr);  // with the first piece
  if (in_vain || (!write.piece && !write.whole)) {
    store_.give_up(piecemeal.record);
    return false;
  }
  if (head) {
    auto begun = store_.begin(*head, piecemeal.body_bytes);
    if (!begun) return begun.error();
    piecemeal.record = std::move(*begun);
  }
  if (!piecemeal.record.segment) return false;  // it has failed before
  if (write.piece) return result(store_.append(piecemeal.record, write.piece->bytes), false);
  return result(store_.commit(piecemeal.record, write_is_void_), true);
}

void DiskTier::write(const Write& write, bool in_vain) {
  const auto stored = perform(write, in_vain);
  if (!stored) {
    failed(stored.error());
    // An erasure that is not on disk would be undone by a restart.
    if (write.is_erasure()) store_.wipe();
  } else if (*stored) {
    writes_.fetch_add(1, std::memory_order_relaxed);
    const std::lock_guard lock(mutex_);
    if (rest_.count() > 0) log::info("cache disk works again", {});
    rest_ = {};
  }
}

void DiskTier::run_writer() {
  if (const auto loaded = store_.load(); !loaded) {
    failed(loaded.error());
    store_.wipe();  // or what is erased from now on would be found again at the next start
  }
  std::unique_lock lock(mutex_);
  loaded_ = true;
  for (;;) {
    writer_idle_.notify_all();
    work_for_writer_.wait(lock,
                          [this] { return stopping_ || wipe_wanted_ || !writes_waiting_.empty(); });
    if (wipe_wanted_) {
      writes_waiting_.clear();
      waiting_.clear();
      wiped_before_ = next_number_;
      bytes_waiting_ = erasures_waiting_ = 0;
      lock.unlock();
      store_.wipe();
      lock.lock();
      wipe_wanted_ = false;
      continue;
    }
    // Erasures are worth waiting for.
    if (stopping_ && erasures_waiting_ == 0) return;
    const Write next = std::move(writes_waiting_.front());
    writes_waiting_.pop_front();
    bytes_waiting_ -= next.bytes();
    if (next.is_erasure()) --erasures_waiting_;
    const bool is_last = next.object || (next.piecemeal && !next.piece);
    bool in_vain = is_last && was_erased(next);
    if (!in_vain && !next.is_erasure() && writes_again_at_ > options_.now()) {
      in_vain = true;
      dropped_.fetch_add(1, std::memory_order_relaxed);
    }
    writing_ = true;
    write_is_void_ = false;
    key_being_written_ = next.key_hash;
    lock.unlock();
    // Closed meanwhile: it must not lie there after a restart.
    write(next, in_vain || !in_use_);
    lock.lock();
    writing_ = false;
  }
}

void DiskTier::run_reader() {
  std::unique_lock lock(mutex_);
  for (;;) {
    work_for_readers_.wait(lock, [this] { return stopping_ || !reads_waiting_.empty(); });
    if (reads_waiting_.empty()) return;
    const auto job = std::move(reads_waiting_.front());
    reads_waiting_.pop_front();
    lock.unlock();
    job();
    lock.lock();
  }
}

}  // namespace meridian::edge::disk
