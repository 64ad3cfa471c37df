#include "edge-node/h2/session.h"

#include <algorithm>
#include <array>
#include <utility>

#include <nghttp2/nghttp2.h>

#include "edge-node/h2/name_values.h"
#include "edge-node/h2/stream_data.h"

namespace meridian::edge::h2 {
namespace {

/// Of PING and SETTINGS acknowledgements that the peer lets pile up.
constexpr std::size_t kMaxUnsentAcks = 100;
/// Of all kinds, while the peer does not read.
constexpr std::size_t kMaxQueuedFrames = 1'000;
constexpr std::size_t kMaxSettings = 32;  // in one frame
/// What each DATA frame sent lets the peer answer in WINDOW_UPDATE frames.
constexpr unsigned kUpdatesPerFrame = 8;
/// What a client sends before its first frame (RFC 9113 section 3.4).
constexpr std::size_t kPrefaceBytes = 24;
/// Of a header section that is sent: the longest that limits.header_bytes lets in, and as much
/// again for what is added to it here. A bound only; nothing is held for it.
constexpr std::size_t kMaxSentHeadBytes = 2 * 262'144;

std::string_view text_of(const std::uint8_t* bytes, std::size_t size) {
  return {reinterpret_cast<const char*>(bytes), size};
}

}  // namespace

/// What nghttp2 calls.
struct Callbacks {
  static Session& session_of(void* user) { return *static_cast<Session*>(user); }
  static Stream* stream_of(nghttp2_session* session, std::int32_t id) {
    return static_cast<Stream*>(nghttp2_session_get_stream_user_data(session, id));
  }

  /// Some stop their body where the answer reaches them, shorter than they had said: curl before
  /// version 8. nghttp2 would take the rest of the answer back (RFC 9113 section 8.1.1). It reads
  /// the flags of the head that it shows us afterwards: without its end, the body is only not
  /// whole.
  static void forgive_short_body(Stream& stream, const nghttp2_frame_hd& head) {
    if (!stream.answered_ || !(head.flags & NGHTTP2_FLAG_END_STREAM)) return;
    if (head.length >= stream.input_left_) return;
    const_cast<nghttp2_frame_hd&>(head).flags &=
        static_cast<std::uint8_t>(~NGHTTP2_FLAG_END_STREAM);
    stream.input_cut_ = stream.ignores_input_ = true;
  }

  /// What is declined comes no further than this.
  static int on_begin_frame(nghttp2_session* session, const nghttp2_frame_hd* head, void* user) {
    auto& self = session_of(user);
    switch (head->type) {
      case NGHTTP2_PRIORITY:
        ++self.nuisance_.control;
        return head->stream_id == 0 ? NGHTTP2_ERR_CALLBACK_FAILURE : 0;
      case NGHTTP2_HEADERS:
        return self.allows_head(head->stream_id) ? 0 : NGHTTP2_ERR_CALLBACK_FAILURE;
      case NGHTTP2_DATA:
        if (Stream* stream = stream_of(session, head->stream_id))
          forgive_short_body(*stream, *head);
        return 0;
      case NGHTTP2_WINDOW_UPDATE:
        self.count_window_update();
        return 0;
      default:
        return 0;
    }
  }

  /// Of a frame of unknown type, which is ignored, but counted (RFC 9113 section 5.5).
  static int on_unknown_frame(nghttp2_session*, void** payload, const nghttp2_frame_hd*, void*) {
    *payload = nullptr;
    return 0;
  }

  static int on_begin_headers(nghttp2_session* session, const nghttp2_frame* frame, void* user) {
    auto& self = session_of(user);
    const auto id = frame->hd.stream_id;
    if (frame->headers.cat != NGHTTP2_HCAT_REQUEST) {
      if (Stream* stream = stream_of(session, id)) stream->block_.clear();
      return 0;
    }
    self.last_opened_ = id;
    Stream* stream = self.user_.on_open();
    if (!stream) {
      return nghttp2_submit_rst_stream(session, NGHTTP2_FLAG_NONE, id, NGHTTP2_REFUSED_STREAM);
    }
    self.opened(*stream, id);
    return nghttp2_session_set_stream_user_data(session, id, stream);
  }

  static int on_header(nghttp2_session* session, const nghttp2_frame* frame,
                       const std::uint8_t* name, std::size_t name_size, const std::uint8_t* value,
                       std::size_t value_size, std::uint8_t, void* user) {
    Stream* stream = stream_of(session, frame->hd.stream_id);
    if (!stream) return 0;
    if (stream->block_.is_hopeless()) {  // nghttp2 resets the stream as if we had failed
      if (!std::exchange(stream->doomed_, true)) ++session_of(user).nuisance_.resets;
      return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    }
    stream->block_.add(text_of(name, name_size), text_of(value, value_size));
    return 0;
  }

  static int on_invalid_header(nghttp2_session* session, const nghttp2_frame* frame,
                               const std::uint8_t*, std::size_t, const std::uint8_t*, std::size_t,
                               std::uint8_t, void*) {
    if (Stream* stream = stream_of(session, frame->hd.stream_id)) stream->block_.mark_malformed();
    return 0;
  }

  static int on_frame_recv(nghttp2_session* session, const nghttp2_frame* frame, void* user) {
    auto& self = session_of(user);
    switch (frame->hd.type) {
      case NGHTTP2_HEADERS:
        if (Stream* stream = stream_of(session, frame->hd.stream_id))
          self.on_head(*stream, frame->hd.flags & NGHTTP2_FLAG_END_STREAM);
        break;
      case NGHTTP2_DATA:
        if (frame->hd.length == frame->data.padlen && !(frame->hd.flags & NGHTTP2_FLAG_END_STREAM))
          ++self.nuisance_.control;
        if (Stream* stream = stream_of(session, frame->hd.stream_id)) {
          const bool ends = (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) && !stream->input_cut_;
          stream->input_end_ = stream->input_end_ || ends;
          if (ends || stream->input_cut_) stream->on_input();
        }
        break;
      case NGHTTP2_RST_STREAM:
        ++self.nuisance_.resets;
        break;
      case NGHTTP2_WINDOW_UPDATE:  // was counted when it began
        break;
      case NGHTTP2_GOAWAY:
        self.user_.on_goaway();
        break;
      case NGHTTP2_PING:
        if ((frame->hd.flags & NGHTTP2_FLAG_ACK) && self.pings_ > 0) {
          --self.pings_;
          self.user_.on_pong();
        } else {
          ++self.nuisance_.control;
        }
        break;
      default:
        ++self.nuisance_.control;
    }
    return 0;
  }

  /// nghttp2 resets the stream for it, or ends the connection.
  static int on_invalid_frame(nghttp2_session* session, const nghttp2_frame* frame, int, void*) {
    if (Stream* stream = stream_of(session, frame->hd.stream_id)) stream->doomed_ = true;
    return 0;
  }

  static int on_data(nghttp2_session* session, std::uint8_t, std::int32_t id,
                     const std::uint8_t* data, std::size_t size, void*) {
    // The connection's window is for all streams together: never a reason to wait.
    if (const int failed = nghttp2_session_consume_connection(session, size)) return failed;
    Stream* stream = stream_of(session, id);
    if (!stream) return 0;
    stream->input_left_ -= std::min<std::uint64_t>(stream->input_left_, size);
    if (stream->ignores_input_) return 0;
    stream->input_ += text_of(data, size);
    stream->on_input();
    return 0;
  }

  static int on_close(nghttp2_session* session, std::int32_t id, std::uint32_t code, void* user) {
    // Without a reset, behind our last word.
    if (code == NGHTTP2_REFUSED_STREAM) session_of(user).count_reset_sent(id, code);
    if (Stream* stream = stream_of(session, id)) session_of(user).closed(*stream, code);
    return 0;
  }

  static int on_frame_send(nghttp2_session* session, const nghttp2_frame* frame, void* user) {
    auto& self = session_of(user);
    if (frame->hd.type == NGHTTP2_RST_STREAM)
      self.count_reset_sent(frame->hd.stream_id, frame->rst_stream.error_code);
    if (frame->hd.type == NGHTTP2_HEADERS && frame->headers.cat == NGHTTP2_HCAT_REQUEST) {
      std::erase_if(self.opening_, [&](Stream* s) { return s->id_ == frame->hd.stream_id; });
      if (Stream* stream = stream_of(session, frame->hd.stream_id)) stream->head_sent_ = true;
    }
    if ((frame->hd.type != NGHTTP2_DATA && frame->hd.type != NGHTTP2_HEADERS) ||
        !(frame->hd.flags & NGHTTP2_FLAG_END_STREAM))
      return 0;
    Stream* stream = stream_of(session, frame->hd.stream_id);
    if (!stream) return 0;
    stream->output_ended_ = true;
    // RFC 9113 section 8.1: the answer is complete, the rest of the question does not matter.
    if (self.role_ == Role::server && !stream->input_end_ &&
        (stream->input_cut_ || stream->is_stopped_at_once()))
      nghttp2_submit_rst_stream(session, NGHTTP2_FLAG_NONE, stream->id_, NGHTTP2_NO_ERROR);
    return 0;
  }

  /// A request that does not go out. The peer is the reason only where it goes, or where it was
  /// taken back: otherwise the next one would not get it either.
  static int on_frame_not_send(nghttp2_session*, const nghttp2_frame* frame, int why, void* user) {
    if (frame->hd.type != NGHTTP2_HEADERS || frame->headers.cat != NGHTTP2_HCAT_REQUEST) return 0;
    auto& self = session_of(user);
    const bool may_repeat = why == NGHTTP2_ERR_START_STREAM_NOT_ALLOWED ||
                            why == NGHTTP2_ERR_STREAM_CLOSING || why == NGHTTP2_ERR_SESSION_CLOSING;
    for (std::size_t i = 0; i < self.opening_.size(); ++i) {
      if (self.opening_[i]->id_ != frame->hd.stream_id) continue;
      self.closed(*self.opening_[i], may_repeat ? NGHTTP2_REFUSED_STREAM : NGHTTP2_INTERNAL_ERROR);
      break;
    }
    return 0;
  }

  static ssize_t on_read(nghttp2_session* session, std::int32_t id, std::uint8_t*, std::size_t most,
                         std::uint32_t* flags, nghttp2_data_source*, void*) {
    Stream* stream = stream_of(session, id);
    if (!stream) return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    const auto unsent = stream->unsent();
    const auto size = std::min(unsent, most);
    const bool ends = stream->output_end_ && size == unsent;
    if (size == 0 && !ends) return NGHTTP2_ERR_DEFERRED;
    *flags |= NGHTTP2_DATA_FLAG_NO_COPY;
    if (!ends) return static_cast<ssize_t>(size);
    *flags |= NGHTTP2_DATA_FLAG_EOF;
    if (stream->output_trailers_) {
      *flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
      NameValues values(*stream->output_trailers_, 0);
      values.add(*stream->output_trailers_);
      if (nghttp2_submit_trailer(session, id, values.data(), values.size()) != 0)
        return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    }
    return static_cast<ssize_t>(size);
  }

  static int on_send_data(nghttp2_session* session, nghttp2_frame* frame, const std::uint8_t* head,
                          std::size_t size, nghttp2_data_source*, void* user) {
    auto& self = session_of(user);
    Stream* stream = stream_of(session, frame->hd.stream_id);
    if (!stream || stream->unsent() < size) return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    if (self.out_->size() >= self.out_limit_) return NGHTTP2_ERR_WOULDBLOCK;
    constexpr std::size_t kFrameHead = 9;
    self.out_->append(text_of(head, kFrameHead));
    stream->take_output(size, *self.out_);
    self.earn_window_credit(kUpdatesPerFrame);
    if (size > 0 && stream->unsent() == 0 && !stream->output_end_) stream->on_drained();
    return 0;
  }

  static nghttp2_session_callbacks* make() {
    nghttp2_session_callbacks* c = nullptr;
    nghttp2_session_callbacks_new(&c);
    nghttp2_session_callbacks_set_on_begin_frame_callback(c, on_begin_frame);
    nghttp2_session_callbacks_set_unpack_extension_callback(c, on_unknown_frame);
    nghttp2_session_callbacks_set_on_begin_headers_callback(c, on_begin_headers);
    nghttp2_session_callbacks_set_on_header_callback(c, on_header);
    nghttp2_session_callbacks_set_on_invalid_header_callback(c, on_invalid_header);
    nghttp2_session_callbacks_set_on_frame_recv_callback(c, on_frame_recv);
    nghttp2_session_callbacks_set_on_invalid_frame_recv_callback(c, on_invalid_frame);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(c, on_data);
    nghttp2_session_callbacks_set_on_stream_close_callback(c, on_close);
    nghttp2_session_callbacks_set_on_frame_send_callback(c, on_frame_send);
    nghttp2_session_callbacks_set_on_frame_not_send_callback(c, on_frame_not_send);
    nghttp2_session_callbacks_set_send_data_callback(c, on_send_data);
    return c;
  }
};

const nghttp2_data_provider& stream_data() {
  static const nghttp2_data_provider provider{{}, Callbacks::on_read};
  return provider;
}

namespace {

const nghttp2_session_callbacks& callbacks() {
  static const auto* const made = Callbacks::make();  // nghttp2 copies it into each session
  return *made;
}

nghttp2_option* make_options(Role role, const SessionLimits& limits) {
  nghttp2_option* option = nullptr;
  nghttp2_option_new(&option);
  nghttp2_option_set_no_auto_window_update(option, 1);
  nghttp2_option_set_no_closed_streams(option, 1);
  for (unsigned type = NGHTTP2_CONTINUATION + 1; type < 256; ++type)
    nghttp2_option_set_user_recv_extension_type(option, static_cast<std::uint8_t>(type));
  nghttp2_option_set_max_outbound_ack(option, kMaxUnsentAcks);
  nghttp2_option_set_max_settings(option, kMaxSettings);
  nghttp2_option_set_max_send_header_block_length(option, kMaxSentHeadBytes);
  // Until its SETTINGS have come: a server may want fewer, and would refuse the rest.
  nghttp2_option_set_peer_max_concurrent_streams(option, role == Role::client ? 1 : limits.streams);
  return option;
}

}  // namespace

void Session::Free::operator()(nghttp2_session* session) const { nghttp2_session_del(session); }

Session::Session(Role role, SessionUser& user, const SessionLimits& limits)
    : user_(user), limits_(limits), role_(role), frames_(role == Role::server ? kPrefaceBytes : 0) {
  nghttp2_option* option = make_options(role, limits);
  nghttp2_session* session = nullptr;
  if (role == Role::server)
    nghttp2_session_server_new2(&session, &callbacks(), this, option);
  else
    nghttp2_session_client_new2(&session, &callbacks(), this, option);
  nghttp2_option_del(option);
  session_.reset(session);
  const auto head_bytes = static_cast<std::uint32_t>(limits.head.head_bytes);
  const std::array<nghttp2_settings_entry, 5> server{{
      {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, limits.streams},
      {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, limits.stream_window},
      {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, head_bytes},
      {NGHTTP2_SETTINGS_ENABLE_CONNECT_PROTOCOL, 1},
      {NGHTTP2_SETTINGS_NO_RFC7540_PRIORITIES, 1},
  }};
  const std::array<nghttp2_settings_entry, 3> client{{
      {NGHTTP2_SETTINGS_ENABLE_PUSH, 0},
      {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, limits.stream_window},
      {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, head_bytes},
  }};
  const std::span<const nghttp2_settings_entry> settings =
      role == Role::server ? std::span<const nghttp2_settings_entry>(server) : client;
  nghttp2_submit_settings(session, NGHTTP2_FLAG_NONE, settings.data(), settings.size());
  nghttp2_session_set_local_window_size(
      session, NGHTTP2_FLAG_NONE, 0,
      static_cast<std::int32_t>(limits.streams * limits.stream_window));
}

Session::~Session() = default;

bool Session::receive(std::span<const char> bytes) {
  if (role_ == Role::client) return feed(bytes);
  // nghttp2 passes over DATA for streams that are no more without a word.
  while (!bytes.empty()) {
    const auto step = frames_.step(bytes);
    if (step.size > 0 && !feed(bytes.first(step.size))) return false;
    bytes = bytes.subspan(step.size);
    if (step.data_for != 0 && !allows_late(step.data_for)) {
      failed_ = true;
      return false;
    }
  }
  return true;
}

bool Session::feed(std::span<const char> bytes) {
  const auto taken = nghttp2_session_mem_recv(
      session_.get(), reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
  if (taken >= 0) return true;
  terminate(taken == NGHTTP2_ERR_FLOODED ? Code::enhance_your_calm : Code::protocol_error);
  failed_ = true;
  return false;
}

void Session::drain(std::string& out, std::size_t limit) {
  out_ = &out;
  out_limit_ = limit;
  while (out.size() < limit) {
    const std::uint8_t* bytes = nullptr;
    const auto before = out.size();
    const auto size = nghttp2_session_mem_send(session_.get(), &bytes);
    if (size < 0) failed_ = true;
    if (size <= 0) break;
    out.append(text_of(bytes, static_cast<std::size_t>(size)));
    if (out.size() == before) break;
  }
  out_ = nullptr;
}

bool Session::is_finished() const {
  return failed_ ? !nghttp2_session_want_write(session_.get())
                 : !nghttp2_session_want_read(session_.get()) &&
                       !nghttp2_session_want_write(session_.get());
}

Session::Nuisance Session::take_nuisance() { return std::exchange(nuisance_, {}); }

bool Session::is_calm() const {
  return nghttp2_session_get_outbound_queue_size(session_.get()) <= kMaxQueuedFrames;
}

std::size_t Session::peer_max_streams() const {
  return nghttp2_session_get_remote_settings(session_.get(),
                                             NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS);
}

bool Session::can_open_streams(std::size_t count) const {
  return !failed_ && nghttp2_session_check_request_allowed(session_.get()) != 0 &&
         open_streams_ + count <= std::min<std::size_t>(limits_.streams, peer_max_streams());
}

void Session::opened(Stream& stream, std::int32_t id) {
  stream.id_ = id;
  stream.open_ = true;
  stream.block_ = HeadBlock(limits_.head);
  ++open_streams_;
}

void Session::closed(Stream& stream, std::uint32_t code) {
  if (!std::exchange(stream.open_, false)) return;
  std::erase(opening_, &stream);
  --open_streams_;
  stream.on_close(static_cast<Code>(code));
}

void Session::on_head(Stream& stream, bool end_stream) {
  if (stream.head_done_) {
    if (!to_trailers(stream.block_, stream.trailers_)) {
      stream.doomed_ = true;
      return reset(stream, Code::protocol_error);
    }
    stream.input_end_ = true;
    return stream.on_input();
  }
  if (role_ == Role::client) {
    const int status = status_of(stream.block_);
    if (status >= 100 && status < 200 && !end_stream) {
      stream.interim_bytes_ += stream.block_.bytes();
      if (status == 101 || ++stream.interim_ > limits_.interim_responses ||
          stream.interim_bytes_ > limits_.interim_bytes)
        return reset(stream, Code::protocol_error);
      stream.on_interim();
      return stream.block_.clear();
    }
  }
  stream.head_done_ = true;
  stream.input_end_ = end_stream;
  stream.on_head();
}

std::string_view Session::read(Stream& stream) {
  if (!stream.reading_.empty() && stream.open_)
    nghttp2_session_consume_stream(session_.get(), stream.id_, stream.reading_.size());
  stream.reading_.clear();
  std::swap(stream.reading_, stream.input_);
  return stream.reading_;
}

void Session::ignore_input(Stream& stream) {
  stream.ignores_input_ = true;
  stream.input_ = std::string();
  stream.reading_ = std::string();
}

}  // namespace meridian::edge::h2
