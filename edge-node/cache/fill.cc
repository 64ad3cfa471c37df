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
  buffered_bytes_ += chunk->bytes.size();
  chunks_.push_back(std::move(chunk));
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
}

bool Fill::has_room() const {
  const std::lock_guard lock(mutex_);
  return keeps_ || buffered_bytes_ < kWindowBytes;
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
  return chunks_;
}

void Fill::wake_readers() {
  for (Reader* reader : readers_) reader->listener_.on_progress();
}

void Fill::drop_read() {
  if (keeps_) return;
  std::size_t least = dropped_ + chunks_.size();
  for (const Reader* reader : readers_) least = std::min(least, reader->position_);
  const auto read = chunks_.begin() + static_cast<std::ptrdiff_t>(least - dropped_);
  for (auto chunk = chunks_.begin(); chunk != read; ++chunk)
    buffered_bytes_ -= (*chunk)->bytes.size();
  chunks_.erase(chunks_.begin(), read);
  dropped_ = least;
  if (writer_) writer_->on_progress();
}

Fill::Reader::Reader(std::shared_ptr<Fill> fill, FillListener& listener)
    : fill_(std::move(fill)), listener_(listener) {
  const std::lock_guard lock(fill_->mutex_);
  // It was found before it became a window, and the body's beginning is gone meanwhile.
  too_late_ = fill_->dropped_ > 0;
  position_ = fill_->dropped_;
  fill_->readers_.push_back(this);
}

Fill::Reader::~Reader() {
  const std::lock_guard lock(fill_->mutex_);
  std::erase(fill_->readers_, this);
  fill_->drop_read();
}

Fill::Reader::Next Fill::Reader::next() {
  const std::lock_guard lock(fill_->mutex_);
  if (too_late_) return {State::not_shared, nullptr};
  Next next{fill_->state_, nullptr};
  const std::size_t index = position_ - fill_->dropped_;
  if (index < fill_->chunks_.size()) {
    next.chunk = fill_->chunks_[index];
    ++position_;
    fill_->drop_read();
  }
  return next;
}

Fill::State Fill::Reader::state() const {
  const std::lock_guard lock(fill_->mutex_);
  return too_late_ ? State::not_shared : fill_->state_;
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
