#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "edge-node/h2/frame_walk.h"
#include "edge-node/h2/head.h"

struct nghttp2_session;

/// HTTP/2 (RFC 9113) without I/O: bytes in, calls to streams, bytes out. Pure; one thread. The only
/// files, with those beside them, that speak to nghttp2.
namespace meridian::edge::h2 {

/// Error codes of RFC 9113 section 7 that are told or heard here.
enum class Code : std::uint32_t {
  no_error = 0,
  protocol_error = 1,
  internal_error = 2,
  flow_control_error = 3,
  stream_closed = 5,
  refused_stream = 7,
  cancel = 8,
  enhance_your_calm = 11,
};

class Session;

/// One stream, as whoever uses it sees it. The session calls the virtual functions from receive()
/// and drain() only; they may call the session but for those two. It must live until on_close().
class Stream {
 public:
  Stream() = default;
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  std::int32_t id() const { return id_; }
  bool is_open() const { return open_; }
  /// It is to be reset for what the peer has done: on_close() comes soon.
  bool is_doomed() const { return doomed_; }
  /// The header section that has come; used up by to_request() and its like.
  HeadBlock& block() { return block_; }
  /// Everything that the peer sends has come.
  bool has_input_end() const { return input_end_; }
  /// The peer has ended its message short of what set_input_length() was told, as the answer had
  /// begun: no more of it comes, and has_input_end() never. Told by on_input().
  bool is_input_cut() const { return input_cut_; }
  /// Bytes that came and were not yet taken by read().
  bool has_input() const { return !input_.empty(); }
  /// Of the peer's message; after its end.
  const http::Fields& trailers() const { return trailers_; }
  /// Nothing given to write() is left here.
  bool is_drained() const { return unsent() == 0; }
  /// All that this side sends has been put into frames, and its end.
  bool has_output_end() const { return output_ended_; }
  /// Client: the head has been put into a frame: the peer has heard of the stream, or will.
  bool has_sent_head() const { return head_sent_; }
  /// Bytes that the session has put into frames so far.
  std::uint64_t sent_bytes() const { return sent_bytes_; }

 protected:
  virtual ~Stream() = default;
  /// Of the body, as the head promised.
  void set_input_length(std::uint64_t bytes) { input_left_ = bytes; }

 private:
  friend class Session;
  friend struct Callbacks;
  /// A whole header section of a message that is no interim response. `input_end`: nothing follows.
  virtual void on_head() = 0;
  /// Client: that of an interim response (1xx other than 101).
  virtual void on_interim() {}
  /// More of the body, or its end.
  virtual void on_input() = 0;
  /// All that was given to write() has been put into frames.
  virtual void on_drained() = 0;
  /// Server: the answer has ended before the request, which is stopped now (RFC 9113 section 8.1).
  /// False: whoever uses the stream will reset it.
  virtual bool is_stopped_at_once() const { return true; }
  /// The last call. Streams with Code::refused_stream were not looked at by the peer. Client: one
  /// with Code::internal_error that has not sent its head could not be put into frames, for no
  /// peer.
  virtual void on_close(Code code) = 0;

  std::size_t unsent() const { return copied_.size() - copied_taken_ + borrowed_.size(); }
  void take_output(std::size_t bytes, std::string& into);

  std::int32_t id_ = 0;
  bool open_ = false;
  bool doomed_ = false;
  HeadBlock block_;
  bool head_done_ = false;
  unsigned interim_ = 0;  // responses before the final one ...
  std::size_t interim_bytes_ = 0;
  bool input_end_ = false;
  std::uint64_t input_left_ = 0;  // of what set_input_length() was told
  bool ignores_input_ = false;
  bool input_cut_ = false;  // the peer gave up on it when the answer came
  std::string input_, reading_;
  http::Fields trailers_;

  bool answered_ = false;
  bool head_sent_ = false;
  std::string copied_;  // to be sent: first this ...
  std::size_t copied_taken_ = 0;
  std::string_view borrowed_;  // ... then this
  std::optional<http::Fields> output_trailers_;
  bool output_end_ = false;
  bool output_ended_ = false;  // and it has been sent
  std::uint64_t sent_bytes_ = 0;
};

enum class Role : std::uint8_t { server, client };

/// What a session's peer may cost. A body that nobody reads is held up to `stream_window` bytes a
/// stream; the connection's window is as large as all streams' together, so that no stream blocks
/// another. What is to be sent is copied up to kCopiedBytes a stream, and borrowed beyond.
struct SessionLimits {
  std::uint32_t streams = 100;
  std::uint32_t stream_window = 65'535;
  unsigned interim_responses = 64;        // before a final one, ...
  std::size_t interim_bytes = 64 * 1024;  // ... and their heads together
  http::HeadLimits head;
};

/// Who is told what concerns a session as a whole. Calls as those of streams.
class SessionUser {
 public:
  /// The peer opens a stream (server only). Null: it is refused.
  virtual Stream* on_open() = 0;
  /// The peer wants no more streams after those it has accepted.
  virtual void on_goaway() = 0;
  /// The answer to ping().
  virtual void on_pong() = 0;

 protected:
  ~SessionUser() = default;
};

class Session {
 public:
  static constexpr std::size_t kCopiedBytes = 16 * 1024;

  /// `user` outlives it.
  Session(Role role, SessionUser& user, const SessionLimits& limits);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  /// Bytes from the peer. False: they are no HTTP/2, or a flood; drain() has a last word for it.
  bool receive(std::span<const char> bytes);
  /// Appends to `out` what is to be sent now, until it has about `limit` bytes or more.
  void drain(std::string& out, std::size_t limit);
  /// Nothing will be received or sent any more.
  bool is_finished() const;

  /// Frames that cost work and bring nothing, since the last call.
  struct Nuisance {
    unsigned resets = 0;   // streams that the peer began and took back, or made us take back
    unsigned control = 0;  // PING, SETTINGS, PRIORITY, empty DATA, needless WINDOW_UPDATE, unknown,
                           // and what comes for streams that are no more
  };
  Nuisance take_nuisance();
  /// False: the peer causes more frames than it takes.
  bool is_calm() const;
  std::size_t open_streams() const { return open_streams_; }
  /// Server: a header section has begun and not ended.
  bool is_within_head() const { return frames_.is_within_head(); }
  /// Of the streams that a client may have open at once, as the peer says; one until it has.
  std::size_t peer_max_streams() const;
  /// Client: so many more streams could be opened now.
  bool can_open_streams(std::size_t count) const;

  // Heads. `has_body`: write() and end() follow; otherwise the stream's output ends with it.
  void send_response(Stream& stream, int status, const http::Fields& fields,
                     std::optional<std::uint64_t> length, bool has_body);
  /// A whole response without copies. `ready`, in lower case and with nothing of the connection,
  /// and `body` live until on_close(); `more` only for the call.
  void send_whole(Stream& stream, int status, const http::Fields& ready,
                  std::span<const http::Fields::Field> more, std::string_view body);
  void send_interim(Stream& stream, int status, const http::Fields& fields);
  struct RequestLine {
    std::string_view method, scheme, authority, path;
  };
  /// Client: opens `stream`. False: that is no longer possible.
  bool send_request(Stream& stream, const RequestLine& line, const http::Fields& fields,
                    std::optional<std::uint64_t> length, bool has_body);

  /// True: taken. False: `bytes` must live until on_drained(), or reset(). Only when drained.
  bool write(Stream& stream, std::string_view bytes);
  /// The end of what this side sends. `trailers` may be null.
  void end(Stream& stream, const http::Fields* trailers);
  /// What has come of the body, until the next call; makes room for as much again. Empty: nothing
  /// now, or the end.
  std::string_view read(Stream& stream);
  /// The rest of the input goes unread: the peer may stop sending it.
  void ignore_input(Stream& stream);
  void reset(Stream& stream, Code code);
  /// `stream` will get no further call; it is reset if it is open.
  void forget(Stream& stream, Code code);

  void ping();
  /// The first word of a goodbye: streams that are on their way are still taken.
  void announce_end();
  /// The second: no more streams; those that are open go on.
  void end_gracefully();
  /// All streams end now.
  void terminate(Code code);

 private:
  friend struct Callbacks;
  struct Free {
    void operator()(nghttp2_session* session) const;
  };

  bool feed(std::span<const char> bytes);
  /// A frame begins that may come for a stream that is no more, HEADERS or another. False: the
  /// connection ends.
  bool allows_head(std::int32_t id);
  bool allows_late(std::int32_t id);
  /// So many frames more than bring nothing are paid for.
  void earn_window_credit(unsigned frames);
  void count_window_update();
  void count_reset_sent(std::int32_t id, std::uint32_t code);
  void opened(Stream& stream, std::int32_t id);
  void closed(Stream& stream, std::uint32_t code);
  void on_head(Stream& stream, bool end_stream);

  SessionUser& user_;
  SessionLimits limits_;
  Role role_;
  std::unique_ptr<nghttp2_session, Free> session_;
  std::string* out_ = nullptr;  // within drain()
  std::size_t out_limit_ = 0;
  Nuisance nuisance_;
  unsigned pings_ = 0;          // not yet answered
  unsigned window_credit_ = 0;  // frames that data sent and resets have earned
  std::size_t open_streams_ = 0;
  std::vector<Stream*> opening_;  // requests whose head is not yet sent
  FrameWalk frames_;
  // Of the peer's streams: the last for which HEADERS began, and that of which nghttp2 told.
  std::int32_t last_head_ = 0, last_opened_ = 0;
  /// Those that were reset here most lately, in a ring: their frames may be on their way.
  std::vector<std::int32_t> cut_off_;
  std::size_t next_cut_off_ = 0;
  std::int32_t forgotten_ = 0;  // up to here streams may have left the ring
  bool failed_ = false;
};

}  // namespace meridian::edge::h2
