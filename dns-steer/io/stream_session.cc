#include "dns-steer/io/stream_session.h"

#include <algorithm>
#include <utility>

#include <boost/asio/post.hpp>

namespace meridian::dns {
namespace {

using tcp = boost::asio::ip::tcp;
using Outcome = Moved::Outcome;

// Answers that wait to be written, of queries that came together; the last may begin below it.
constexpr std::size_t kMostPendingOctets = kMostTcpOctets;
// Answers of many messages under way at once; more queries are read when one is done.
constexpr std::size_t kMostSources = 4;
// What one connection may do before others have their turn.
constexpr int kStepsInARow = 8;

/// With its two octets of length.
std::size_t size_of_first(Bytes input) {
  return 2 + static_cast<std::size_t>(input[0] << 8 | input[1]);
}

}  // namespace

StreamSession::StreamSession(tcp::socket socket, std::unique_ptr<Channel> channel,
                             const IpAddress& client, Transport transport, StreamShared& shared)
    : shared_(shared),
      socket_(std::move(socket)),
      channel_(std::move(channel)),
      timer_(socket_.get_executor()),
      client_(client),
      transport_(transport) {}

StreamSession::~StreamSession() {
  shared_.buffered_octets -= accounted_;
  shared_.table.leave(client_);
}

void StreamSession::run() {
  for (int i = 0; i < kStepsInARow; ++i) {
    if (!socket_.is_open()) return;
    const auto next = step();
    account();
    if (next == Step::wait) return wait();
    if (next == Step::end) return close();
    if (shared_.buffered_octets > shared_.limits.buffered_octets)
      return cut(shared_.counters.streams_cut_memory);
  }
  set_deadline();
  boost::asio::post(socket_.get_executor(), [self = shared_from_this()] { self->run(); });
}

StreamSession::Step StreamSession::step() {
  wants_read_ = wants_write_ = false;
  if (!opened_) return open();
  bool moved = has_output() && write();
  if (!has_output() && !failed_) moved |= next_message();
  if (may_read()) moved |= read();
  if (failed_ || (ended_ && !has_output() && sources_.empty() && !has_whole_query()))
    return Step::end;
  return moved ? Step::again : Step::wait;
}

StreamSession::Step StreamSession::open() {
  opened_ = take(channel_->open());
  if (!failed_ && !ended_) return opened_ ? Step::again : Step::wait;
  shared_.counters.tls_failed.add();
  return Step::end;
}

/// Notes what an attempt waits for. True: it moved something.
bool StreamSession::take(Moved moved) {
  switch (moved.outcome) {
    case Outcome::done:
      return true;
    case Outcome::wants_read:
      wants_read_ = true;
      return false;
    case Outcome::wants_write:
      wants_write_ = true;
      return false;
    case Outcome::ended:
      ended_ = true;
      return false;
    case Outcome::failed:
      failed_ = true;
      return false;
  }
  return false;
}

bool StreamSession::write() {
  const auto moved = channel_->write(Bytes(output_).subspan(written_));
  if (!take(moved)) return false;
  written_ += moved.octets;
  if (has_output()) return true;
  std::vector<std::uint8_t>().swap(output_);
  written_ = 0;
  flushed_ = true;
  return true;
}

/// The next message of a long answer, of each in turn.
bool StreamSession::next_message() {
  if (sources_.empty()) return false;
  const auto octets = sources_.front()->next(shared_.scratch);
  if (octets > 0) append(octets);
  std::rotate(sources_.begin(), sources_.begin() + 1, sources_.end());
  if (octets == 0) sources_.pop_back();
  return true;
}

bool StreamSession::may_read() const {
  return !failed_ && (!ended_ || has_whole_query()) && output_.size() < kMostPendingOctets &&
         sources_.size() < kMostSources;
}

bool StreamSession::has_whole_query() const {
  return input_.size() >= 2 && input_.size() >= size_of_first(input_);
}

bool StreamSession::read() {
  auto& input = shared_.input;
  auto octets = input_.size();
  std::copy(input_.begin(), input_.end(), input.begin());
  if (!has_whole_query()) {
    const auto moved = channel_->read(std::span(input).subspan(octets));
    if (!take(moved)) return false;
    octets += moved.octets;
  }
  const auto taken = take_queries(Bytes(input).first(octets));
  const auto rest = Bytes(input).first(octets).subspan(taken);
  if (rest.empty())
    std::vector<std::uint8_t>().swap(input_);
  else
    input_.assign(rest.begin(), rest.end());
  return true;
}

/// Answers whole queries, as far as there is room; how many octets that were.
std::size_t StreamSession::take_queries(Bytes input) {
  std::size_t at = 0;
  while (input.size() - at >= 2 && output_.size() < kMostPendingOctets &&
         sources_.size() < kMostSources) {
    const auto size = size_of_first(input.subspan(at));
    if (size >= 2 + kHeaderOctets) {
      if (input.size() - at < size) break;
      take_query(input.subspan(at + 2, size - 2));
      at += size;
    } else {
      ended_ = true;
    }
    if (!ended_) continue;
    // What follows cannot be trusted; who asked before gets its answers.
    shared_.counters.streams_cut_not_dns.add();
    return input.size();
  }
  return at;
}

void StreamSession::take_query(Bytes query) {
  answered_ = true;
  const auto now = Now::from(Clock::now(), WallClock::now());
  const Request request{query, client_, transport_, shared_.limits.idle};
  if (shared_.open_source) {
    if (auto source = shared_.open_source(request, shared_.slot.hold(), now)) {
      sources_.push_back(std::move(source));
      return;
    }
  }
  const auto answered =
      answer(request, shared_.slot.current(), shared_.state, now, shared_.scratch);
  shared_.counters.count(answered, transport_);
  if (answered.size == 0)
    ended_ = true;
  else
    append(answered.size);
}

void StreamSession::append(std::size_t answer_octets) {
  output_.push_back(static_cast<std::uint8_t>(answer_octets >> 8));
  output_.push_back(static_cast<std::uint8_t>(answer_octets));
  output_.insert(output_.end(), shared_.scratch.begin(),
                 shared_.scratch.begin() + static_cast<std::ptrdiff_t>(answer_octets));
}

void StreamSession::account() {
  const auto held = input_.capacity() + output_.capacity();
  shared_.buffered_octets += held - accounted_;
  accounted_ = held;
}

void StreamSession::wait() {
  set_deadline();
  const auto wait_for = [this](tcp::socket::wait_type what, bool StreamSession::*waits) {
    if (this->*waits) return;
    this->*waits = true;
    socket_.async_wait(what,
                       [self = shared_from_this(), waits](const boost::system::error_code& error) {
                         (*self).*waits = false;
                         if (!error) self->run();
                       });
  };
  if (wants_read_) wait_for(tcp::socket::wait_read, &StreamSession::waits_to_read_);
  if (wants_write_) wait_for(tcp::socket::wait_write, &StreamSession::waits_to_write_);
}

/// Time is given for a whole query and for all answers written, never for an octet.
void StreamSession::set_deadline() {
  auto phase = input_.empty() ? Phase::query : Phase::rest_of_query;
  if (has_output()) phase = Phase::reader;
  if (!opened_) phase = Phase::open;
  const bool progress = flushed_ || (answered_ && phase != Phase::reader);
  if (phase == phase_ && !progress) return;
  phase_ = phase;
  answered_ = flushed_ = false;
  const auto& limits = shared_.limits;
  const std::chrono::milliseconds patience[] = {limits.handshake, limits.idle, limits.query,
                                                limits.answer};
  deadline_ = Clock::now() + patience[static_cast<std::size_t>(phase)];
  // A later deadline is found when the timer fires.
  if (timer_.expiry() == Instant{} || deadline_ < timer_.expiry()) watch();
}

/// Ends the connection when its deadline passes.
void StreamSession::watch() {
  timer_.expires_at(deadline_);
  timer_.async_wait([self = shared_from_this()](const boost::system::error_code& cancelled) {
    if (cancelled || !self->socket_.is_open()) return;
    if (Clock::now() < self->deadline_) return self->watch();
    auto& counters = self->shared_.counters;
    self->cut(self->phase_ == Phase::query ? counters.streams_idle : counters.streams_cut_slow);
  });
}

void StreamSession::cut(WorkerCounter& why) {
  why.add();
  close();
}

void StreamSession::close() {
  if (opened_ && !failed_) channel_->close();
  boost::system::error_code ignored;
  socket_.close(ignored);
  timer_.cancel();
  sources_.clear();
}

}  // namespace meridian::dns
