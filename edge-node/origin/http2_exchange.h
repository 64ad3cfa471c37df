#pragma once

#include <cstdlib>
#include <deque>
#include <memory>

#include "edge-node/origin/http2_connection.h"

namespace meridian::edge {

/// An exchange on a stream of HTTP/2. Its going away resets the stream, if that is still open.
class Http2OriginExchange final : public OriginExchange, private h2::Stream {
 public:
  Http2OriginExchange(std::shared_ptr<Http2OriginConnection> connection, bool tls);
  ~Http2OriginExchange() override;

  asio::awaitable<Io> send_head(http::RequestLine line, const http::Fields& fields,
                                const http::Framing& framing,
                                edge::Stream::WriteLimits limits) override;
  asio::awaitable<Io> send_body(std::string_view bytes, edge::Stream::WriteLimits limits) override;
  asio::awaitable<Io> finish(const http::Fields& trailers,
                             edge::Stream::WriteLimits limits) override;
  asio::awaitable<Head> read_head(http::ResponseTo request, Instant deadline) override;
  http::ResponseHead& head() override { return head_; }
  asio::awaitable<Piece> read_body(std::chrono::milliseconds patience) override;
  const http::Fields& trailers() const override { return h2::Stream::trailers(); }
  std::unique_ptr<edge::Stream> release() override { return nullptr; }  // it is not ours alone
  /// There is no status 101 in HTTP/2 (RFC 9113 section 8.6).
  Upgraded upgraded() override { std::abort(); }
  void interrupt() override;
  void abandon() override;

 private:
  friend class Http2OriginConnection;
  void on_head() override;
  void on_interim() override;
  void on_input() override { input_.give(); }
  void on_drained() override { output_.give(); }
  void on_close(h2::Code code) override;
  void lose();
  void reset(h2::Code code);
  /// Once, if the origin is told of it.
  void count_reset();

  /// Without a head, what its end says.
  Head head_of_closed() const;
  bool is_alive() const { return is_open() && !connection_->lost_ && !abandoned_; }

  std::shared_ptr<Http2OriginConnection> connection_;
  bool tls_;
  Notice input_, output_;
  http::ResponseTo request_ = http::ResponseTo::other;
  http::ResponseHead head_;
  std::deque<http::ResponseHead> interim_;  // not yet taken; the session bounds them
  http::ResponseHead final_;                // not yet taken
  bool has_head_ = false;
  bool is_good_ = false;
  bool begun_ = false;   // send_head() was called ...
  bool opened_ = false;  // ... and the session took it
  bool lost_ = false;
  bool interrupted_ = false;
  bool abandoned_ = false;
  bool reset_ = false;
  bool timed_out_ = false;  // in the last wait
  h2::Code closed_by_ = h2::Code::no_error;
};

}  // namespace meridian::edge
