#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "edge-node/testing/client.h"

struct nghttp2_hd_inflater;

namespace meridian::edge::testing {

enum FrameType : std::uint8_t {
  kData,
  kHeaders,
  kPriority,
  kRstStream,
  kSettings,
  kPushPromise,
  kPing,
  kGoaway,
  kWindowUpdate,
  kContinuation
};
constexpr std::uint8_t kEndStream = 1, kAck = 1, kEndHeaders = 4, kPadded = 8;

/// The bytes of one frame, well-formed or not.
std::string frame(std::uint8_t type, std::uint8_t flags, std::uint32_t stream,
                  std::string_view payload = {});
std::string u32(std::uint32_t value);
/// Literal fields without indexing.
using Block = std::vector<std::pair<std::string, std::string>>;
std::string encode(const Block& block);
constexpr std::string_view kPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// A visitor that speaks HTTP/2 frame by frame.
class Http2Client {
 public:
  /// With TLS and ALPN if `server_name` is given. Sends the preface unless told otherwise.
  explicit Http2Client(std::uint16_t port, std::optional<std::string> server_name = {},
                       bool preface = true, const std::string& from = {});
  ~Http2Client();

  struct Frame {
    std::uint8_t type = 255, flags = 0;
    std::uint32_t stream = 0;
    std::string payload;
  };
  void send(std::string_view bytes) { client_.send(bytes); }
  void shutdown_write() { client_.shutdown_write(); }
  /// The next frame; none at the end of the connection.
  std::optional<Frame> next();
  bool at_end() { return !next(); }

  /// A request of this method, which ends at once unless `more` follows.
  void ask(std::uint32_t stream, const std::string& host, const std::string& path,
           const Block& more_fields = {}, const std::string& method = "GET", bool ends = true);
  /// Reads until the answer on `stream` is complete; frames of others are dealt with too.
  struct Answer {
    int status = 0;
    std::map<std::string, std::string> fields, trailers;
    std::string body;
    std::vector<int> interim;
    std::optional<std::uint32_t> reset;
    bool complete = false;
  };
  Answer read_answer(std::uint32_t stream);
  /// Answers so far, of all streams.
  std::map<std::uint32_t, Answer> answers;
  std::optional<std::uint32_t> goaway;  // its code
  std::uint32_t last_stream = 0;        // that it names
  /// Deals with one more frame; false at the end.
  bool step();
  /// Takes no more of a body than these windows allow, when off.
  bool updates_windows = true;

 private:
  std::map<std::string, std::string> decode(std::string_view block);

  Client client_;
  std::string buffer_;
  nghttp2_hd_inflater* inflater_ = nullptr;
};

}  // namespace meridian::edge::testing
