#pragma once

#include <memory>
#include <optional>
#include <string_view>

#include "edge-node/http/body.h"
#include "edge-node/http/message.h"
#include "edge-node/http/parse_http1.h"
#include "edge-node/net/stream.h"

namespace meridian::edge {

/// One request on a connection to an origin, and its response, in HTTP/1.1. One thread.
class OriginExchange {
 public:
  explicit OriginExchange(std::unique_ptr<Stream> stream);

  asio::awaitable<Io> send(std::span<const std::string_view> pieces, Stream::WriteLimits limits);

  enum class Head : std::uint8_t {
    ok,
    nothing,  // the connection ended before the first byte: it may have been stale
    timed_out,
    malformed,  // or broken off within the head
  };
  /// Interim responses are passed over; 101 is not one of them.
  asio::awaitable<Head> read_head(http::ResponseTo request, Instant deadline);
  http::ResponseHead& head() { return head_; }

  struct Piece {
    Io outcome = Io::ok;     // not ok: the body broke off
    std::string_view bytes;  // until the next call; empty: the body is complete
  };
  asio::awaitable<Piece> read_body(std::chrono::milliseconds patience);

  /// The connection, if it can carry another request for certain; null otherwise.
  std::unique_ptr<Stream> release();
  /// For a tunnel: the connection, and what has been read of it after the head.
  Stream& stream() { return *stream_; }
  std::string_view unread() const { return {buffer_.get() + begin_, end_ - begin_}; }

 private:
  asio::awaitable<Io> read_more(Instant deadline);

  std::unique_ptr<Stream> stream_;
  std::unique_ptr<char[]> buffer_;
  std::size_t begin_ = 0, end_ = 0;  // what is unread of the buffer
  http::ResponseHead head_;
  std::optional<http::BodyDecoder> body_;
  bool sent_whole_ = true;  // nothing of a request is missing on the connection
};

}  // namespace meridian::edge
