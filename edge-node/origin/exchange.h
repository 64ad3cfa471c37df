#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "edge-node/http/message.h"
#include "edge-node/http/parse_http1.h"
#include "edge-node/http/write_http1.h"
#include "edge-node/net/stream.h"

namespace meridian::edge {

/// One request to an origin and its response, whatever version of HTTP carries them: all that
/// request/ knows of the origin's side. Calls in the order of an exchange; the response may be read
/// by one coroutine while another sends the request's body. One thread.
class OriginExchange {
 public:
  virtual ~OriginExchange() = default;

  // The request: head, body if `framing` has one, and its end. After anything but Io::ok the origin
  // takes no more, but may still have answered.
  virtual asio::awaitable<Io> send_head(http::RequestLine line, const http::Fields& fields,
                                        const http::Framing& framing,
                                        Stream::WriteLimits limits) = 0;
  virtual asio::awaitable<Io> send_body(std::string_view bytes, Stream::WriteLimits limits) = 0;
  /// `trailers` are sent where the framing has a place for them.
  virtual asio::awaitable<Io> finish(const http::Fields& trailers, Stream::WriteLimits limits) = 0;

  enum class Head : std::uint8_t {
    ok,
    interim,      // head() is that of a 1xx other than 101; ask again for what follows
    interrupted,  // by interrupt()
    refused,      // the origin says that it did nothing with the request: it may be sent again
    nothing,      // the connection ended before the first byte: it may have been stale
    timed_out,
    malformed,   // or broken off within the head
    unsendable,  // no origin of this protocol can be told the request: no fault of this one
  };
  /// May wait while the request's body is sent, as may read_body().
  virtual asio::awaitable<Head> read_head(http::ResponseTo request, Instant deadline) = 0;
  virtual http::ResponseHead& head() = 0;

  struct Piece {
    Io outcome = Io::ok;     // not ok: the body broke off
    std::string_view bytes;  // until the next call; empty: the body is complete
  };
  virtual asio::awaitable<Piece> read_body(std::chrono::milliseconds patience) = 0;
  /// Of the response, once its body is complete; without what may not stand there.
  virtual const http::Fields& trailers() const = 0;

  /// Who waits in read_head(), or will next, gets Head::interrupted.
  virtual void interrupt() = 0;
  /// Nothing more is to be sent or received: who waits for either is told.
  virtual void abandon() = 0;

  /// The connection, if nobody else uses it and it can carry another request for certain; null
  /// otherwise.
  virtual std::unique_ptr<Stream> release() = 0;

  /// After a 101: the connection, for a tunnel, and what has been read of it after the head.
  struct Upgraded {
    Stream& stream;
    std::string_view unread;
  };
  virtual Upgraded upgraded() = 0;
};

}  // namespace meridian::edge
