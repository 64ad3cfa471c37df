#include "edge-node/http/body.h"

#include <algorithm>

#include "edge-node/http/hex.h"
#include "edge-node/http/token.h"

namespace meridian::http {
namespace {

constexpr int kMaxSizeDigits = 15;               // 60 bits
constexpr std::size_t kMaxExtensionBytes = 256;  // a chunk
constexpr std::size_t kMaxTrailerBytes = 8192;   // all of them together

}  // namespace

BodyDecoder::BodyDecoder(const Framing& framing) : rest_(framing.length) {
  switch (framing.kind) {
    case Framing::Kind::none:
      state_ = State::done;
      break;
    case Framing::Kind::length:
      state_ = rest_ > 0 ? State::length : State::done;
      break;
    case Framing::Kind::chunked:
      state_ = State::size;
      break;
    case Framing::Kind::until_close:
      state_ = State::until_close;
      break;
  }
  if (framing.kind == Framing::Kind::chunked) rest_ = 0;
}

BodyDecoder::Step BodyDecoder::step(std::string_view input) {
  Step step;
  while (step.consumed < input.size() && step.data.empty() && !done() && !failed()) {
    if (state_ == State::length || state_ == State::data || state_ == State::until_close) {
      step.data = input.substr(step.consumed);
      if (state_ != State::until_close) {
        step.data = step.data.substr(0, std::min<std::uint64_t>(rest_, step.data.size()));
        rest_ -= step.data.size();
        extensions_left_ += step.data.size();
        if (rest_ == 0) state_ = state_ == State::length ? State::done : State::data_cr;
      }
      step.consumed += step.data.size();
      continue;
    }
    const char c = input[step.consumed++];
    if (state_ == State::size || state_ == State::size_space)
      state_ = on_size(c);
    else if (state_ == State::extension)
      state_ = on_extension(c);
    else if (state_ == State::trailer || state_ == State::trailer_lf)
      state_ = on_trailer(c);
    else
      state_ = on_framing(c);
  }
  return step;
}

BodyDecoder::State BodyDecoder::on_size(char c) {
  if (const int digit = hex_value(c); digit >= 0) {
    if (state_ == State::size_space || ++digits_ > kMaxSizeDigits) return State::failed;
    rest_ = rest_ << 4 | static_cast<std::uint64_t>(digit);
    return State::size;
  }
  if (digits_ == 0) return State::failed;
  if (c == '\r') return state_ == State::size ? State::size_lf : State::failed;
  if (c == ' ' || c == '\t') return is_extension_paid() ? State::size_space : State::failed;
  return c == ';' ? State::extension : State::failed;
}

/// Nobody uses extensions but who wants work done for nothing.
bool BodyDecoder::is_extension_paid() {
  return ++overhead_ <= kMaxExtensionBytes && extensions_left_-- > 0;
}

/// A line's end within quotes is one for some readers only.
BodyDecoder::State BodyDecoder::on_extension(char c) {
  if (c == '\r') return quoted_ ? State::failed : State::size_lf;
  if (c == '"' && !escaped_) quoted_ = !quoted_;
  escaped_ = quoted_ && !escaped_ && c == '\\';
  return is_value_char(c) && is_extension_paid() ? State::extension : State::failed;
}

BodyDecoder::State BodyDecoder::on_framing(char c) {
  switch (state_) {
    case State::size_lf:
      if (c != '\n') return State::failed;
      digits_ = 0;
      overhead_ = 0;
      return rest_ == 0 ? State::trailer : State::data;
    case State::data_cr:
      return c == '\r' ? State::data_lf : State::failed;
    case State::data_lf:
      return c == '\n' ? State::size : State::failed;
    default:
      return State::failed;
  }
}

BodyDecoder::State BodyDecoder::on_trailer(char c) {
  if (state_ == State::trailer_lf) return c == '\n' ? on_trailer_line() : State::failed;
  if (c == '\r') return State::trailer_lf;
  if (!is_value_char(c) || ++overhead_ > kMaxTrailerBytes) return State::failed;
  trailer_line_ += c;
  return State::trailer;
}

BodyDecoder::State BodyDecoder::on_trailer_line() {
  const std::string_view line(trailer_line_);
  if (line.empty()) {
    strip_forbidden_trailers(trailers_);
    return State::done;
  }
  const auto colon = line.find(':');
  if (colon == std::string_view::npos || !is_token(line.substr(0, colon))) return State::failed;
  trailers_.add(line.substr(0, colon), trim(line.substr(colon + 1)));
  trailer_line_.clear();
  return State::trailer;
}

bool BodyDecoder::end_of_input() {
  if (state_ == State::until_close) state_ = State::done;
  return done();
}

}  // namespace meridian::http
