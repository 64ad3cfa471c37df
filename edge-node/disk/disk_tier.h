#pragma once

#include <array>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <unordered_map>

#include "common/base/result.h"
#include "edge-node/cache/fill.h"
#include "edge-node/cache/second_tier.h"
#include "edge-node/disk/segment_store.h"

namespace meridian::edge::disk {

/// One stored response on its way from disk. Used by one thread; each step is asked for, done on
/// a thread of the tier, and announced to the listener.
class DiskRead {
 public:
  /// The last step is done. Until then nothing but this may be called.
  bool is_ready() const { return ready_.load(std::memory_order_acquire); }
  /// After ask_head(). Null: a miss after all.
  const std::shared_ptr<StoredHead>& head() const { return head_; }
  /// It was purged softly: stale, whatever its lifetime.
  bool is_purged() const { return purged_; }
  std::uint64_t body_bytes() const { return chosen_.header.body_bytes; }
  bool at_end() const { return block_ >= chosen_.header.blocks(); }
  /// The next piece is to begin with the block that has this byte of the body; where that begins.
  std::uint64_t seek(std::uint64_t byte);
  /// After ask_piece(): the next piece of the body. Empty: it is not what was written.
  const std::string& piece() const { return piece_; }

 private:
  friend class DiskTier;
  static constexpr std::uint64_t kBlocksAtOnce = 4;
  void read_head(const std::string& key, const http::Fields& request, std::uint64_t site,
                 const Purges& purges);
  void read_piece();

  std::vector<Location> locations_;
  Location chosen_;
  std::shared_ptr<StoredHead> head_;
  bool purged_ = false;
  std::uint64_t block_ = 0;
  std::string piece_;
  std::atomic<bool> ready_{true};
};
using DiskReadPtr = std::shared_ptr<DiskRead>;

/// A response that goes to disk while its body comes, since there is no room for it in memory.
class DiskWrite {
  friend class DiskTier;
  StoredHeadPtr head;
  std::optional<std::uint64_t> body_bytes;
  std::uint64_t appended = 0;  // under the tier's lock
  std::uint64_t key_hash = 0;
  std::uint64_t number = 0;  // in the order of offers
  bool given_up = false;     // under the tier's lock
  OpenRecord record;         // the writer's own
};
using DiskWritePtr = std::shared_ptr<DiskWrite>;

/// The cache on disk (DESIGN 8), behind threads of its own: one writes, two read. Its queues are
/// bounded; what finds them full is not written, or is a miss. A disk that fails is left alone for
/// a second, and twice as long each time until a write works: the edge goes on with its memory.
/// Any thread.
class DiskTier final : public SecondTier {
 public:
  struct Options {
    std::filesystem::path directory;
    std::uint64_t capacity_bytes = 0;
    std::uint64_t queue_bytes = 32 << 20;  // of bodies that wait to be written
    std::function<Instant()> now = [] { return Clock::now(); };
  };
  /// `purges` outlives it.
  static Result<std::unique_ptr<DiskTier>> open(Options options, const Purges& purges);
  ~DiskTier() override;

  /// Null: not there, without asking the disk.
  DiskReadPtr find(std::string_view key);
  /// The newest under `key` that `request` selects; never one that was purged hard.
  void ask_head(const DiskReadPtr& read, std::string key, http::Fields request, std::uint64_t site,
                std::shared_ptr<FillListener> listener);
  void ask_piece(const DiskReadPtr& read, std::shared_ptr<FillListener> listener);

  /// What is written by append() in pieces, and becomes a stored response by end(). Null: not now.
  /// No `body_bytes`: nobody knows before the end.
  DiskWritePtr begin(StoredHeadPtr head, std::optional<std::uint64_t> body_bytes);
  /// False: all of it is given up, now at a full queue, since it grows too large, or before.
  bool append(const DiskWritePtr& write, ChunkPtr chunk);
  /// Once for each begin(). `whole`: all of the body was appended.
  void end(const DiskWritePtr& write, bool whole);

  void offer(ObjectPtr object) override;
  void erase(std::string_view key) override;
  /// Until then it finds and takes nothing; what was stored is still there.
  void use() { in_use_.store(true); }
  /// For good: it finds and takes nothing any more, and writes nothing once this returns. What was
  /// stored is still there, for another process.
  void release();
  /// For good: it empties itself, and finds and takes nothing any more.
  void close();
  /// All of it; done when it returns.
  void wipe();
  /// Until all that was offered is written; for tests.
  void flush();

  std::uint64_t bytes() const { return store_.bytes(); }
  std::uint64_t objects() const { return store_.objects(); }
  std::uint64_t capacity_bytes() const { return options_.capacity_bytes; }
  std::uint64_t writes() const { return writes_.load(std::memory_order_relaxed); }
  std::uint64_t dropped() const { return dropped_.load(std::memory_order_relaxed); }
  std::uint64_t errors() const { return errors_.load(std::memory_order_relaxed); }
  std::uint64_t damaged() const { return damaged_.load(std::memory_order_relaxed); }

 private:
  static constexpr std::size_t kMostReads = 4'096;
  static constexpr std::size_t kMostErasures = 65'536;
  static constexpr std::size_t kMostPiecemeal = 64;  // at once
  /// One of: an object; a piece of what comes in pieces, or its end; an erasure.
  struct Write {
    ObjectPtr object{};
    DiskWritePtr piecemeal{};
    ChunkPtr piece{};    // null: the end
    bool whole = false;  // at that
    std::uint64_t key_hash = 0;
    std::uint64_t number = 0;  // in the order of offers

    bool is_erasure() const { return !object && !piecemeal; }
    std::uint64_t bytes() const {
      return object ? object->body_bytes : piece ? piece->bytes.size() : 0;
    }
  };
  /// Responses of one key that are not written yet. An erasure finds them here, not in the queue.
  struct Waiting {
    std::size_t writes = 0;
    std::uint64_t void_before = 0;  // by their numbers: erased meanwhile
  };

  DiskTier(Options options, const Purges& purges);
  void ask(std::function<void()> job, const DiskReadPtr& read,
           std::shared_ptr<FillListener> listener);
  void run_writer();
  void run_reader();
  bool may_take(std::uint64_t body_bytes);
  void enqueue(Write write);
  bool was_erased(const Write& write);
  Result<bool> perform(const Write& write, bool in_vain);
  void write(const Write& write, bool in_vain);
  void failed(const Error& error);

  const Options options_;
  const Purges& purges_;
  SegmentStore store_;
  std::atomic<bool> in_use_{false};
  std::atomic<std::uint64_t> writes_{0}, dropped_{0}, errors_{0}, damaged_{0};

  std::mutex mutex_;
  std::condition_variable work_for_writer_, work_for_readers_, writer_idle_;
  std::deque<Write> writes_waiting_;
  std::unordered_map<std::uint64_t, Waiting> waiting_;  // by key hash
  std::uint64_t next_number_ = 1;
  std::uint64_t wiped_before_ = 0;  // by numbers
  std::size_t piecemeal_ = 0;       // begun, and not ended
  std::uint64_t bytes_waiting_ = 0;
  std::size_t erasures_waiting_ = 0;
  bool loaded_ = false;  // what the segments have
  bool wipe_wanted_ = false;
  bool writing_ = false;
  std::atomic<bool> write_is_void_{false};  // what is being written was erased meanwhile
  std::uint64_t key_being_written_ = 0;
  std::deque<std::function<void()>> reads_waiting_;
  bool stopping_ = false;
  bool released_ = false;         // what is written would not be known to who has the files now
  Instant writes_again_at_{};     // after an error
  std::chrono::seconds rest_{0};  // of these without a success in between, the last one's
  std::thread writer_;
  std::array<std::thread, 2> readers_;
};

}  // namespace meridian::edge::disk
