// What comes for streams that are no more, or never were, and who pays for it.
#include <algorithm>
#include <utility>

#include <nghttp2/nghttp2.h>

#include "edge-node/h2/session.h"

namespace meridian::edge::h2 {
namespace {

constexpr unsigned kMaxWindowCredit = 10'000;
constexpr std::size_t kMaxCutOff = 256;
constexpr unsigned kLateFrames = 64;  // that may be on their way for a stream that is reset

/// Of resets that only the peer's own doing brings about.
bool blames_peer(std::uint32_t code) {
  return code == NGHTTP2_PROTOCOL_ERROR || code == NGHTTP2_FLOW_CONTROL_ERROR ||
         code == NGHTTP2_STREAM_CLOSED || code == NGHTTP2_FRAME_SIZE_ERROR;
}

}  // namespace

bool Session::allows_head(std::int32_t id) {
  if (role_ == Role::client || id <= last_head_ || id % 2 == 0) return allows_late(id);
  // nghttp2 has told nobody of the one before: refused, or behind our last word.
  if (last_head_ > last_opened_) count_window_update();
  last_head_ = id;
  return true;
}

// RFC 9113 section 5.1: after a stream has ended, frames for it are an error, but where it ended
// here before the peer could know, or was never opened here.
bool Session::allows_late(std::int32_t id) {
  if (role_ == Role::client || id > last_head_ || id % 2 == 0 ||
      nghttp2_session_find_stream(session_.get(), id) != nullptr)
    return true;
  count_window_update();  // such frames are paid for by the reset, as far as it goes
  if (id > last_opened_ || id <= forgotten_ ||
      std::find(cut_off_.begin(), cut_off_.end(), id) != cut_off_.end())
    return true;
  terminate(Code::stream_closed);
  return false;
}

void Session::earn_window_credit(unsigned frames) {
  window_credit_ = std::min(window_credit_ + frames, kMaxWindowCredit);
}

void Session::count_window_update() {
  if (window_credit_ > 0)
    --window_credit_;
  else
    ++nuisance_.control;
}

void Session::count_reset_sent(std::int32_t id, std::uint32_t code) {
  if (role_ == Role::client) return;
  // Who is refused or has broken the rules earns nothing by it.
  if (blames_peer(code))
    ++nuisance_.resets;
  else if (code != NGHTTP2_REFUSED_STREAM)
    earn_window_credit(kLateFrames);
  if (cut_off_.size() < kMaxCutOff) return cut_off_.push_back(id);
  forgotten_ = std::max(forgotten_, std::exchange(cut_off_[next_cut_off_], id));
  next_cut_off_ = (next_cut_off_ + 1) % kMaxCutOff;
}

}  // namespace meridian::edge::h2
