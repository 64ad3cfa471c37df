#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <map>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <vector>

#include "common/base/result.h"
#include "edge-node/disk/record.h"
#include "edge-node/disk/segment.h"

namespace meridian::edge::disk {

/// Where a record is.
struct Location {
  SegmentPtr segment;
  std::uint64_t offset = 0;
  RecordHeader header;

  Place place() const { return {segment->number(), offset, header.number}; }
  /// Null: it cannot be read, or is not what was written.
  std::shared_ptr<StoredHead> read_head() const;
  /// So many blocks of the body from `first` on, those that there are. Empty: as above.
  std::string read_blocks(std::uint64_t first, std::uint64_t count) const;
};

/// A record whose body comes piece by piece, in room that is reserved for it; or, where nobody
/// knows its length, at the end of a segment that nobody else writes to meanwhile.
struct OpenRecord {
  SegmentPtr segment;  // null: it is not to be kept
  bool grows = false;  // its header has the most that it may have, until it ends
  std::uint64_t offset = 0;
  RecordHeader header;
  std::uint64_t block = 0;  // the next one
  std::string gathered;     // of that
};

/// Records in segment files, the oldest file removed for room, and the index of them in memory.
/// Every call may wait for the disk but find() and forget(). One thread writes; find() and
/// forget() are for any.
class SegmentStore {
 public:
  static constexpr std::size_t kMaxVariants = 8;

  /// `capacity_bytes`: of all segments.
  SegmentStore(std::filesystem::path directory, std::uint64_t capacity_bytes);

  /// Reads which records there are. Until then nothing is found. What was torn is left out.
  Result<void> load();
  /// A load() that is under way, or comes, ends soon, and nothing is found. Nothing more may be
  /// written then. What is stored is still there, for another process. Any thread.
  void abandon_load() { load_abandoned_.store(true, std::memory_order_relaxed); }
  /// Newest first.
  std::vector<Location> find(std::uint64_t key_hash) const;
  bool has(std::uint64_t key_hash) const;
  /// An Error leaves everything as it was, but that older records may be gone. Not found if
  /// `is_void` is set before a forget() of its key.
  Result<void> write(const Object& object, const std::atomic<bool>& is_void);
  /// The same by and by, others in between: begin(), append() for all of the body, commit(). What
  /// fails is given up. Without `body_bytes` it takes room as it grows, as long as it fits.
  Result<OpenRecord> begin(const StoredHead& head, std::optional<std::uint64_t> body_bytes);
  Result<void> append(OpenRecord& record, std::string_view bytes);
  Result<void> commit(OpenRecord& record, const std::atomic<bool>& is_void);
  void give_up(OpenRecord& record);
  /// So that what was written before under the key is not found after a restart either.
  Result<void> write_erased(std::uint64_t key_hash);
  void forget(std::uint64_t key_hash);
  /// All of it.
  void wipe();
  bool fits(std::uint64_t body_bytes) const { return body_bytes <= most_body_bytes(); }

  std::uint64_t bytes() const { return bytes_.load(std::memory_order_relaxed); }
  std::uint64_t objects() const { return objects_.load(std::memory_order_relaxed); }

 private:
  struct Kept {
    SegmentPtr segment;
    std::vector<std::uint64_t> keys;  // of its records
  };

  static constexpr std::size_t kMostSegments = 512;  // each keeps a file open
  enum class Behind : std::uint8_t { any, newest };  // segment

  std::uint64_t most_body_bytes() const { return capacity_ / 8; }
  /// Whole blocks, so that only the end of a body ends within one.
  std::uint64_t most_growing_bytes() const { return most_body_bytes() / kBlockBytes * kBlockBytes; }
  /// False: there is no record in it. Adds to `found` what there is.
  bool load_segment(const SegmentPtr& segment, std::vector<Location>& found);
  Result<void> write_block(OpenRecord& record);
  /// Room for what has come of a record that grows. False: there is none.
  bool grow(const OpenRecord& record, std::uint64_t bytes);
  /// Whose end has room for a record of so many bytes.
  Result<SegmentPtr> make_room(std::uint64_t bytes, Behind behind);
  void drop_oldest();
  void enter(const SegmentPtr& segment, std::uint64_t offset, const RecordHeader& header,
             const std::atomic<bool>& is_void);

  const std::filesystem::path directory_;
  const std::uint64_t capacity_;
  const std::uint64_t segment_bytes_;
  std::map<std::uint64_t, Kept> segments_;  // by number
  std::vector<SegmentPtr> open_;            // of these, those that more may be written to
  std::uint64_t next_number_ = 1;           // of segments
  std::uint64_t next_record_ = 1;
  std::atomic<std::uint64_t> bytes_{0};
  std::atomic<std::uint64_t> objects_{0};
  std::atomic<bool> load_abandoned_{false};

  mutable std::mutex mutex_;
  bool loaded_ = false;
  std::unordered_map<std::uint64_t, std::vector<Location>> index_;  // oldest first
};

}  // namespace meridian::edge::disk
