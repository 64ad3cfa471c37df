#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "edge-node/http/body.h"
#include "edge-node/origin/exchange.h"

namespace meridian::edge {

/// An exchange in HTTP/1.1, which has its connection for itself.
class Http1OriginExchange final : public OriginExchange {
 public:
  explicit Http1OriginExchange(std::unique_ptr<Stream> stream) : stream_(std::move(stream)) {}

  /// A request without a body, if it goes without waiting. False: the connection is of no use.
  /// `scratch`: nothing stays there.
  bool send_now(http::RequestLine line, const http::Fields& fields, std::string& scratch);
  /// What has come by plain calls, while no coroutine waits.
  struct Came {
    enum class What : std::uint8_t {
      nothing,
      whole,  // the response: head() and `body`
      other,  // a part of it, chunks, an interim response, the end: for read_head() and so on
    };
    What what = What::nothing;
    std::string_view body;  // in `scratch`
  };
  /// `parser` is left with other memory.
  Came read_now(std::span<char> scratch, http::ResponseParser& parser);
  Stream& stream() { return *stream_; }

  asio::awaitable<Io> send_head(http::RequestLine line, const http::Fields& fields,
                                const http::Framing& framing, Stream::WriteLimits limits) override;
  asio::awaitable<Io> send_body(std::string_view bytes, Stream::WriteLimits limits) override;
  asio::awaitable<Io> finish(const http::Fields& trailers, Stream::WriteLimits limits) override;
  asio::awaitable<Head> read_head(http::ResponseTo request, Instant deadline) override;
  http::ResponseHead& head() override { return head_; }
  asio::awaitable<Piece> read_body(std::chrono::milliseconds patience) override;
  const http::Fields& trailers() const override { return body_->trailers(); }
  std::unique_ptr<Stream> release() override;
  void interrupt() override;
  void abandon() override;
  Upgraded upgraded() override { return {*stream_, unread()}; }

 private:
  asio::awaitable<Io> write(std::span<const std::string_view> pieces, Stream::WriteLimits limits);
  asio::awaitable<Io> read_more(Instant deadline);
  Head take_head(std::size_t bytes);
  void make_room();
  void make_buffer();
  std::string_view unread() const { return {buffer_.get() + begin_, end_ - begin_}; }

  std::unique_ptr<Stream> stream_;
  std::unique_ptr<char[]> buffer_;
  std::size_t room_ = 0;             // of the buffer
  std::size_t begin_ = 0, end_ = 0;  // what is unread of the buffer
  http::ResponseHead head_;
  std::optional<http::BodyDecoder> body_;
  Io ended_ = Io::ok;        // what read_now() has seen of the connection's end
  bool any_ = false;         // something has come
  bool chunked_ = false;     // the request's body
  bool sent_whole_ = false;  // nothing of a request is missing on the connection
  bool early_ = false;       // the response came before that
  unsigned interim_responses_ = 0;
  std::size_t interim_bytes_ = 0;
  bool interrupted_ = false;
  bool abandoned_ = false;
};

}  // namespace meridian::edge
