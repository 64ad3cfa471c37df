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
  std::uint64_t body_bytes() const { return chosen_.header.body_bytes; }
  bool at_end() const { return block_ >= chosen_.header.blocks(); }
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
  std::uint64_t block_ = 0;
  std::string piece_;
  std::atomic<bool> ready_{true};
};
using DiskReadPtr = std::shared_ptr<DiskRead>;

/// The cache on disk (DESIGN 8), behind threads of its own: one writes, two read. Its queues are
/// bounded; what finds them full is not written, or is a miss. A disk that fails is left alone
/// for a while: the edge goes on with its memory. Any thread.
class DiskTier final : public SecondTier {
 public:
  struct Options {
    std::filesystem::path directory;
    std::uint64_t capacity_bytes = 0;
    std::uint64_t queue_bytes = 32 << 20;  // of bodies that wait to be written
  };
  /// `purges` outlives it.
  static Result<std::unique_ptr<DiskTier>> open(Options options, const Purges& purges);
  ~DiskTier() override;

  /// Null: not there, without asking the disk.
  DiskReadPtr find(std::string_view key);
  /// The newest under `key` that `request` selects.
  void ask_head(const DiskReadPtr& read, std::string key, http::Fields request, std::uint64_t site,
                std::shared_ptr<FillListener> listener);
  void ask_piece(const DiskReadPtr& read, std::shared_ptr<FillListener> listener);

  void offer(ObjectPtr object) override;
  void erase(std::string_view key) override;
  /// Until then it finds and takes nothing; what was stored is still there.
  void use() { in_use_.store(true); }
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
  struct Write {
    ObjectPtr object;  // null: an erasure
    std::uint64_t key_hash = 0;
    std::uint64_t number = 0;  // in the order of offers
  };
  /// Objects of one key that wait to be written. An erasure finds them here, not in the queue.
  struct Waiting {
    std::size_t writes = 0;
    std::uint64_t void_before = 0;  // by their numbers: erased meanwhile
  };

  DiskTier(Options options, const Purges& purges);
  void ask(std::function<void()> job, const DiskReadPtr& read,
           std::shared_ptr<FillListener> listener);
  void run_writer();
  void run_reader();
  bool was_erased(const Write& write);
  void write(const Write& write);
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
  std::uint64_t bytes_waiting_ = 0;
  std::size_t erasures_waiting_ = 0;
  bool loaded_ = false;  // what the segments have
  bool wipe_wanted_ = false;
  bool writing_ = false;
  std::atomic<bool> write_is_void_{false};  // what is being written was erased meanwhile
  std::uint64_t key_being_written_ = 0;
  std::deque<std::function<void()>> reads_waiting_;
  bool stopping_ = false;
  Instant writes_again_at_{};  // after an error
  std::thread writer_;
  std::array<std::thread, 2> readers_;
};

}  // namespace meridian::edge::disk
