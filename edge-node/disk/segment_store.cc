#include "edge-node/disk/segment_store.h"

#include <algorithm>
namespace meridian::edge::disk {
namespace {

constexpr std::uint64_t kChecksumBytes = 8;

/// A body in blocks of one size, whatever its chunks are.
class Blocks {
 public:
  explicit Blocks(const Object& object) : object_(object) {}
  /// The next one into `block`; false: that was all.
  bool next(std::string& block) {
    block.clear();
    while (block.size() < kBlockBytes && chunk_ < object_.body.size()) {
      const std::string_view rest = std::string_view(object_.body[chunk_]->bytes).substr(at_);
      const auto piece = rest.substr(0, kBlockBytes - block.size());
      block += piece;
      at_ += piece.size();
      if (piece.size() == rest.size()) {
        ++chunk_;
        at_ = 0;
      }
    }
    return !block.empty();
  }

 private:
  const Object& object_;
  std::size_t chunk_ = 0;
  std::size_t at_ = 0;
};

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
  variants.push_back({segment, offset, header});
  ++objects_;
}

void SegmentStore::forget(std::uint64_t key_hash) {
  const std::lock_guard lock(mutex_);
  const auto found = index_.find(key_hash);
  if (found == index_.end()) return;
  objects_ -= found->second.size();
  index_.erase(found);
}

void SegmentStore::load_segment(const SegmentPtr& segment) {
  std::uint64_t offset = 0;
  auto& keys = segments_[segment->number()].keys;
  while (segment->size() - offset >= kHeaderBytes) {
    const auto bytes = segment->read(offset, kHeaderBytes);
    if (!bytes) break;
    const auto header = decode_header(*bytes, {segment->number(), offset});
    if (!header || header->record_bytes() > segment->size() - offset) break;
    if (header->kind == RecordHeader::Kind::erased) {
      forget(header->key_hash);
    } else {
      enter(segment, offset, *header, false);
      keys.push_back(header->key_hash);
    }
    offset += header->record_bytes();
  }
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
  for (auto& [number, kept] : segments_) load_segment(kept.segment);
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

bool SegmentStore::fits(const Object& object) const { return object.body_bytes <= capacity_ / 8; }

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
  if (segments_.size() == 1) writing_ = false;
  segments_.erase(oldest);
}

Result<void> SegmentStore::make_room(std::uint64_t bytes) {
  if (writing_ && segments_.rbegin()->second.segment->size() + bytes > segment_bytes_)
    writing_ = false;
  while (!segments_.empty() && bytes_ + bytes > capacity_) drop_oldest();
  if (writing_) return boost::system::in_place_value;
  auto segment = Segment::create(directory_, next_number_);
  if (!segment) return segment.error();
  segments_[next_number_++].segment = std::move(*segment);
  writing_ = true;
  return boost::system::in_place_value;
}

Result<void> SegmentStore::write(const Object& object, const std::atomic<bool>& is_void) {
  RecordHeader header{.body_bytes = object.body_bytes, .key_hash = stable_hash(*object.head->key)};
  header.head_bytes = static_cast<std::uint32_t>(encode_head(*object.head, {}).size());
  if (header.head_bytes > kMostHeadBytes) return boost::system::in_place_value;
  if (const auto room = make_room(header.record_bytes()); !room) return room.error();
  Kept& kept = segments_.rbegin()->second;
  const auto begin = kept.segment->size();
  const Place place{kept.segment->number(), begin};
  auto written =
      kept.segment->append(encode_header(header, place) + encode_head(*object.head, place));
  Blocks blocks(object);
  std::string block;
  for (std::uint64_t number = 0; written && blocks.next(block); ++number) {
    block += block_checksum(block, place, number);
    written = kept.segment->append(block);
  }
  if (!written) {
    kept.segment->cut(begin);
    writing_ = false;  // what follows goes elsewhere: this file's end is not what was meant
    return written.error();
  }
  bytes_ += header.record_bytes();
  kept.keys.push_back(header.key_hash);
  enter(kept.segment, begin, header, is_void);
  return boost::system::in_place_value;
}

Result<void> SegmentStore::write_erased(std::uint64_t key_hash) {
  RecordHeader header{.kind = RecordHeader::Kind::erased, .key_hash = key_hash};
  if (const auto room = make_room(kHeaderBytes); !room) return room.error();
  Segment& segment = *segments_.rbegin()->second.segment;
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
  }
  while (!segments_.empty()) drop_oldest();
}

}  // namespace meridian::edge::disk
