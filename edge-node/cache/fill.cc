#include "edge-node/cache/fill.h"

#include <algorithm>
#include <utility>

namespace meridian::edge {

void Fill::start(StoredHeadPtr head, std::optional<std::uint64_t> length) {
  const std::lock_guard lock(mutex_);
  head_ = std::move(head);
  length_ = length;
  state_ = State::streaming;
  wake_readers();
}

void Fill::append(ChunkPtr chunk) {
  const std::lock_guard lock(mutex_);
  const std::size_t bytes = chunk->bytes.size();
  buffered_bytes_ += bytes;
  if (chunk->charge.bytes() == 0) uncharged_bytes_ += bytes;
  chunks_.push_back({std::move(chunk), std::exchange(at_end_, 0)});
  waiting_ = 0;
  if (readers_.empty()) drop_read();  // of a window
  wake_readers();
}

void Fill::end(State state, int failure_status) {
  const std::lock_guard lock(mutex_);
  state_ = state;
  failure_status_ = failure_status;
  wake_readers();
}

void Fill::stop_keeping() {
  const std::lock_guard lock(mutex_);
  keeps_ = false;
  drop_read();
  backlog_bytes_ = buffered_bytes_;
}

Fill::Window Fill::window() const {
  const std::lock_guard lock(mutex_);
  const std::size_t usual = std::min(kWindowBytes, (1 + readers_.size()) * kPieceBytes);
  const std::size_t most = std::max({usual, backlog_bytes_, waiting_ > 0 ? kWindowBytes : 0});
  // One piece beyond, since the next may be the one that is charged.
  const bool has_room = buffered_bytes_ < most && uncharged_bytes_ < usual + kPieceBytes;
  return {.has_room = keeps_ || has_room,
          .has_readers = !readers_.empty(),
          .is_large = !keeps_ && buffered_bytes_ >= usual,
          .is_awaited = waiting_ > 0,
          .passed = passed_bytes_};
}

void Fill::part_with_slowest() {
  const std::lock_guard lock(mutex_);
  if (keeps_ || waiting_ == 0) return;
  std::size_t half = dropped_;
  for (std::size_t bytes = 0; 2 * bytes < buffered_bytes_; ++half)
    bytes += chunks_[half - first_].chunk->bytes.size();
  for (std::size_t i = readers_.size(); i-- > 0;) {
    Reader& reader = *readers_[i];
    if (reader.position_ >= half || !reader.may_be_parted_) continue;
    leave(reader);
    reader.apart_ = State::parted;
    reader.listener_.on_progress();
  }
  drop_read();
}

std::size_t Fill::readers() const {
  const std::lock_guard lock(mutex_);
  return readers_.size();
}

void Fill::set_writer(FillListener* writer) {
  const std::lock_guard lock(mutex_);
  writer_ = writer;
}

std::vector<ChunkPtr> Fill::chunks() const {
  const std::lock_guard lock(mutex_);
  std::vector<ChunkPtr> chunks;
  chunks.reserve(chunks_.size());
  for (std::size_t i = dropped_; i < past_last(); ++i) chunks.push_back(chunks_[i - first_].chunk);
  return chunks;
}

void Fill::wake_readers() {
  for (Reader* reader : readers_) reader->listener_.on_progress();
}

std::size_t& Fill::readers_at(std::size_t position) {
  return position < past_last() ? chunks_[position - first_].readers : at_end_;
}

/// What no reader has to take any more, if it is a window.
void Fill::drop_read() {
  if (keeps_) return;
  std::size_t bytes = 0;
  for (; dropped_ < past_last() && chunks_[dropped_ - first_].readers == 0; ++dropped_) {
    const ChunkPtr chunk = std::move(chunks_[dropped_ - first_].chunk);
    bytes += chunk->bytes.size();
    if (chunk->charge.bytes() == 0) uncharged_bytes_ -= chunk->bytes.size();
  }
  buffered_bytes_ -= bytes;
  passed_bytes_ += bytes;
  backlog_bytes_ -= std::min(backlog_bytes_, (bytes + 1) / 2);
  if (2 * (dropped_ - first_) >= chunks_.size()) {  // each is moved but once, on average
    chunks_.erase(chunks_.begin(),
                  chunks_.begin() + static_cast<std::ptrdiff_t>(dropped_ - first_));
    first_ = dropped_;
  }
  if (writer_) writer_->on_progress();
}

void Fill::leave(Reader& reader) {
  --readers_at(reader.position_);
  if (reader.asked_ && reader.position_ == past_last()) --waiting_;
  readers_[reader.index_] = readers_.back();
  readers_[reader.index_]->index_ = reader.index_;
  readers_.pop_back();
}

Fill::Reader::Reader(std::shared_ptr<Fill> fill, FillListener& listener, bool may_be_parted)
    : fill_(std::move(fill)), listener_(listener), may_be_parted_(may_be_parted) {
  const std::lock_guard lock(fill_->mutex_);
  // It was found before it became a window, and the body's beginning is gone meanwhile.
  if (fill_->dropped_ > 0) {
    apart_ = State::not_shared;
    return;
  }
  ++fill_->readers_at(position_);
  index_ = fill_->readers_.size();
  fill_->readers_.push_back(this);
}

Fill::Reader::~Reader() {
  const std::lock_guard lock(fill_->mutex_);
  if (apart_) return;
  fill_->leave(*this);
  fill_->drop_read();
}

Fill::Reader::Next Fill::Reader::next() {
  const std::lock_guard lock(fill_->mutex_);
  if (apart_) return {*apart_, nullptr};
  Next next{fill_->state_, nullptr};
  if (position_ < fill_->past_last()) {
    Place& place = fill_->chunks_[position_ - fill_->first_];
    next.chunk = place.chunk;
    --place.readers;
    ++fill_->readers_at(++position_);
    asked_ = false;
    fill_->drop_read();
  } else if (!std::exchange(asked_, true)) {
    ++fill_->waiting_;
    // The window is larger from now on, and others may be too slow.
    if (!fill_->keeps_ && fill_->buffered_bytes_ > 0 && fill_->writer_)
      fill_->writer_->on_progress();
  }
  return next;
}

Fill::State Fill::Reader::state() const {
  const std::lock_guard lock(fill_->mutex_);
  return apart_.value_or(fill_->state_);
}

StoredHeadPtr Fill::Reader::head() const {
  const std::lock_guard lock(fill_->mutex_);
  return fill_->head_;
}

std::optional<std::uint64_t> Fill::Reader::length() const {
  const std::lock_guard lock(fill_->mutex_);
  return fill_->length_;
}

int Fill::Reader::failure_status() const {
  const std::lock_guard lock(fill_->mutex_);
  return fill_->failure_status_;
}

}  // namespace meridian::edge
