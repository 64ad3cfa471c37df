#include "edge-node/disk/segment_store.h"

#include <algorithm>
#include <utility>

namespace meridian::edge::disk {
namespace {

constexpr std::uint64_t kChecksumBytes = 8;

}  // namespace

std::shared_ptr<StoredHead> Location::read_head() const {
  const auto bytes = segment->read(offset + kHeaderBytes, header.head_bytes);
  return bytes ? decode_head(*bytes, place()) : nullptr;
}

std::string Location::read_blocks(std::uint64_t first, std::uint64_t count) const {
  const auto end = std::min(header.blocks(), first + count);
  std::string body;
  std::uint64_t stored = 0;
  for (auto block = first; block < end; ++block)
    stored += header.block_bytes(block) + kChecksumBytes;
  const auto bytes = segment->read(offset + header.block_offset(first), stored);
  if (!bytes) return {};
  std::string_view rest = *bytes;
  for (auto block = first; block < end; ++block) {
    const auto size = header.block_bytes(block) + kChecksumBytes;
    const auto checked = check_block(rest.substr(0, size), place(), block);
    if (!checked) return {};
    body += *checked;
    rest.remove_prefix(size);
  }
  return body;
}

SegmentStore::SegmentStore(std::filesystem::path directory, std::uint64_t capacity_bytes)
    : directory_(std::move(directory)),
      capacity_(capacity_bytes),
      segment_bytes_(std::max<std::uint64_t>(capacity_bytes / 32, 1)) {}

void SegmentStore::enter(const SegmentPtr& segment, std::uint64_t offset,
                         const RecordHeader& header, const std::atomic<bool>& is_void) {
  const std::lock_guard lock(mutex_);
  if (is_void) return;
  auto& variants = index_[header.key_hash];
  if (variants.size() >= kMaxVariants) {
    variants.erase(variants.begin());
    --objects_;
  }
  // One that has grown for long may be older than what was written meanwhile.
  const auto newer = std::upper_bound(
      variants.begin(), variants.end(), header.number,
      [](std::uint64_t number, const Location& one) { return number < one.header.number; });
  variants.insert(newer, {segment, offset, header});
  ++objects_;
}

void SegmentStore::forget(std::uint64_t key_hash) {
  const std::lock_guard lock(mutex_);
  const auto found = index_.find(key_hash);
  if (found == index_.end()) return;
  objects_ -= found->second.size();
  index_.erase(found);
}

bool SegmentStore::load_segment(const SegmentPtr& segment, std::vector<Location>& found) {
  std::uint64_t offset = 0;
  while (segment->size() - offset >= kHeaderBytes && !load_abandoned_) {
    const auto bytes = segment->read(offset, kHeaderBytes);
    if (!bytes) break;
    const auto header = decode_header(*bytes, {segment->number(), offset});
    if (!header || header->record_bytes() > segment->size() - offset) break;
    found.push_back({segment, offset, *header});
    offset += header->record_bytes();
  }
  return offset > 0;
}

Result<void> SegmentStore::load() {
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(directory_, error)) {
    const auto number = segment_number(entry.path().filename().string());
    if (number == 0) continue;
    auto segment = Segment::open(entry.path(), number);
    if (!segment) return segment.error();
    bytes_ += (*segment)->size();
    next_number_ = std::max(next_number_, number + 1);
    segments_[number].segment = std::move(*segment);
  }
  if (error) return Error(directory_.string(), error.message());
  std::vector<Location> found;
  for (auto it = segments_.begin(); it != segments_.end();) {
    const SegmentPtr segment = it->second.segment;
    const bool has_records = load_segment(segment, found);
    if (load_abandoned_) return boost::system::in_place_value;
    if (has_records) {
      ++it;
      continue;
    }
    segment->remove();
    bytes_ -= segment->size();
    it = segments_.erase(it);
  }
  std::sort(found.begin(), found.end(),
            [](const Location& a, const Location& b) { return a.header.number < b.header.number; });
  for (const auto& [segment, offset, header] : found) {
    next_record_ = header.number + 1;
    if (header.kind == RecordHeader::Kind::erased) {
      forget(header.key_hash);
    } else if (header.kind == RecordHeader::Kind::object) {
      enter(segment, offset, header, false);
      segments_[segment->number()].keys.push_back(header.key_hash);
    }
  }
  while (bytes_ > capacity_) drop_oldest();
  const std::lock_guard lock(mutex_);
  loaded_ = true;
  return boost::system::in_place_value;
}

std::vector<Location> SegmentStore::find(std::uint64_t key_hash) const {
  const std::lock_guard lock(mutex_);
  const auto found = index_.find(key_hash);
  if (!loaded_ || found == index_.end()) return {};
  return {found->second.rbegin(), found->second.rend()};
}

bool SegmentStore::has(std::uint64_t key_hash) const {
  const std::lock_guard lock(mutex_);
  return loaded_ && index_.contains(key_hash);
}

void SegmentStore::drop_oldest() {
  const auto oldest = segments_.begin();
  const Kept& kept = oldest->second;
  for (const auto key : kept.keys) {
    const std::lock_guard lock(mutex_);  // for each, so that nobody waits long
    const auto found = index_.find(key);
    if (found == index_.end()) continue;
    objects_ -= std::erase_if(
        found->second, [&](const Location& location) { return location.segment == kept.segment; });
    if (found->second.empty()) index_.erase(found);
  }
  kept.segment->remove();
  bytes_ -= kept.segment->size();
  std::erase(open_, kept.segment);
  segments_.erase(oldest);
}

/// An erasure lies in the newest, so that it is not dropped before what it erases.
Result<SegmentPtr> SegmentStore::make_room(std::uint64_t bytes, Behind behind) {
  while (!segments_.empty() && bytes_ + bytes > capacity_) drop_oldest();
  if (bytes <= segment_bytes_)
    std::erase_if(
        open_, [&](const SegmentPtr& segment) { return segment->size() + bytes > segment_bytes_; });
  for (auto it = open_.rbegin(); it != open_.rend(); ++it)
    if ((*it)->size() + bytes <= segment_bytes_ &&
        (behind == Behind::any || *it == segments_.rbegin()->second.segment))
      return *it;
  while (segments_.size() >= kMostSegments) drop_oldest();
  auto segment = Segment::create(directory_, next_number_);
  if (!segment) return segment.error();
  segments_[next_number_++].segment = *segment;
  open_.push_back(*segment);
  return *segment;
}

Result<OpenRecord> SegmentStore::begin(const StoredHead& head,
                                       std::optional<std::uint64_t> body_bytes) {
  OpenRecord record{.segment = nullptr,
                    .grows = !body_bytes,
                    .header = {.kind = RecordHeader::Kind::reserved,
                               .body_bytes = body_bytes.value_or(most_growing_bytes()),
                               .key_hash = stable_hash(*head.key),
                               .number = next_record_++},
                    .gathered = {}};
  RecordHeader& header = record.header;
  header.head_bytes = static_cast<std::uint32_t>(encode_head(head, {}).size());
  if (header.head_bytes > kMostHeadBytes) return record;
  const auto bytes = record.grows ? kHeaderBytes + header.head_bytes : header.record_bytes();
  const auto room = make_room(record.grows ? bytes + kBlockBytes : bytes, Behind::any);
  if (!room) return room.error();
  record.segment = *room;
  if (record.grows) std::erase(open_, record.segment);
  record.offset = record.segment->reserve(bytes);
  bytes_ += bytes;
  const Place place{record.segment->number(), record.offset};
  const auto written = record.segment->write_at(
      record.offset, encode_header(header, place) +
                         encode_head(head, {place.segment, place.offset, header.number}));
  if (written) return record;
  give_up(record);
  return written.error();
}

bool SegmentStore::grow(const OpenRecord& record, std::uint64_t bytes) {
  if (!segments_.contains(record.segment->number())) return false;  // it has been the oldest
  while (bytes_ + bytes > capacity_ && segments_.begin()->second.segment != record.segment)
    drop_oldest();
  if (bytes_ + bytes > capacity_) return false;
  record.segment->reserve(bytes);
  bytes_ += bytes;
  return true;
}

Result<void> SegmentStore::write_block(OpenRecord& record) {
  const Place place{record.segment->number(), record.offset, record.header.number};
  const auto at = record.offset + record.header.block_offset(record.block);
  record.gathered += block_checksum(record.gathered, place, record.block);
  ++record.block;
  if (record.grows && !grow(record, record.gathered.size())) {
    give_up(record);
    return boost::system::in_place_value;
  }
  const auto written = record.segment->write_at(at, std::exchange(record.gathered, {}));
  if (!written) give_up(record);
  return written;
}

Result<void> SegmentStore::append(OpenRecord& record, std::string_view bytes) {
  while (record.segment && !bytes.empty()) {
    if (record.block == record.header.blocks()) {
      give_up(record);
      if (record.grows) break;  // larger than is taken
      return Error("body", "longer than was said");
    }
    const auto missing = record.header.block_bytes(record.block) - record.gathered.size();
    const auto piece = bytes.substr(0, missing);
    record.gathered += piece;
    bytes.remove_prefix(piece.size());
    if (piece.size() < missing) break;
    if (const auto written = write_block(record); !written) return written;
  }
  return boost::system::in_place_value;
}

Result<void> SegmentStore::commit(OpenRecord& record, const std::atomic<bool>& is_void) {
  if (!record.segment) return boost::system::in_place_value;
  if (record.grows) {
    record.header.body_bytes = record.block * kBlockBytes + record.gathered.size();
    if (!record.gathered.empty())
      if (const auto written = write_block(record); !written) return written;
    if (!record.segment) return boost::system::in_place_value;
  }
  const auto kept = segments_.find(record.segment->number());
  const bool whole = record.block == record.header.blocks();
  if (kept == segments_.end() || !whole || is_void) {  // its segment may be gone meanwhile
    give_up(record);
    if (whole) return boost::system::in_place_value;
    return Error("body", "shorter than was said");
  }
  record.header.kind = RecordHeader::Kind::object;
  // Last: until then there is nothing to be found, also after a crash.
  const auto written = record.segment->write_at(
      record.offset, encode_header(record.header, {record.segment->number(), record.offset}));
  if (!written) {
    give_up(record);
    return written;
  }
  kept->second.keys.push_back(record.header.key_hash);
  enter(record.segment, record.offset, record.header, is_void);
  if (record.grows) open_.push_back(record.segment);
  return boost::system::in_place_value;
}

void SegmentStore::give_up(OpenRecord& record) {
  const SegmentPtr segment = std::exchange(record.segment, nullptr);
  const auto kept = segment ? segments_.find(segment->number()) : segments_.end();
  if (kept == segments_.end()) return;
  const auto bytes = record.grows ? segment->size() - record.offset : record.header.record_bytes();
  if (segment->size() != record.offset + bytes) return;  // others lie behind it
  const bool is_cut = segment->cut(record.offset);
  bytes_ -= bytes;
  std::erase(open_, segment);
  if (record.offset == 0) {
    segment->remove();
    segments_.erase(kept);
  } else if (is_cut) {
    open_.push_back(segment);
  }
}

Result<void> SegmentStore::write(const Object& object, const std::atomic<bool>& is_void) {
  auto record = begin(*object.head, object.body_bytes);
  if (!record) return record.error();
  for (const auto& chunk : object.body)
    if (const auto written = append(*record, chunk->bytes); !written) return written;
  return commit(*record, is_void);
}

Result<void> SegmentStore::write_erased(std::uint64_t key_hash) {
  const RecordHeader header{
      .kind = RecordHeader::Kind::erased, .key_hash = key_hash, .number = next_record_++};
  const auto room = make_room(kHeaderBytes, Behind::newest);
  if (!room) return room.error();
  Segment& segment = **room;
  const auto written = segment.append(encode_header(header, {segment.number(), segment.size()}));
  if (!written) return written.error();
  bytes_ += kHeaderBytes;
  return boost::system::in_place_value;
}

void SegmentStore::wipe() {
  {
    const std::lock_guard lock(mutex_);
    index_.clear();
    objects_ = 0;
    loaded_ = true;
  }
  while (!segments_.empty()) drop_oldest();
  std::error_code error;  // what was never opened may still be removed
  std::vector<std::filesystem::path> unopened;
  for (const auto& entry : std::filesystem::directory_iterator(directory_, error))
    if (segment_number(entry.path().filename().string()) != 0) unopened.push_back(entry.path());
  for (const auto& path : unopened) std::filesystem::remove(path, error);
}

}  // namespace meridian::edge::disk
