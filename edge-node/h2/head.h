#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "edge-node/http/message.h"
#include "edge-node/http/parse_http1.h"

/// Header sections of HTTP/2 (RFC 9113 section 8) as messages. Pure. As strict as the parser of
/// HTTP/1.1, so that nothing passes here which would be another request in HTTP/1.1.
namespace meridian::edge::h2 {

/// One header section, field by field as the decoder gives it. What goes beyond the limits is
/// counted and not kept.
class HeadBlock {
 public:
  explicit HeadBlock(const http::HeadLimits& limits = {}) : limits_(limits) {}

  void add(std::string_view name, std::string_view value);
  /// A field was dropped before it came here: what is left is no message.
  void mark_malformed() { malformed_ = true; }
  /// Ready for the next section of the same stream.
  void clear();

  /// That its fields take, those that were dropped too.
  std::size_t bytes() const { return bytes_; }
  /// Beyond any doubt about limits: no need to look at further fields.
  bool is_hopeless() const { return bytes_ > 2 * limits_.head_bytes; }

 private:
  friend struct HeadReader;
  void add_pseudo(std::string_view name, std::string_view value);
  void add_cookie(std::string_view crumb);

  http::HeadLimits limits_;
  std::string method_, scheme_, authority_, path_, protocol_, status_, cookie_;
  http::Fields fields_;
  std::size_t bytes_ = 0;
  unsigned seen_ = 0;  // pseudo-header fields, a bit each
  bool too_large_ = false;
  bool malformed_ = false;
};

/// What is wrong with a request, as a status for its sender; 0: nothing.
struct Refusal {
  int status = 0;
  http::Fault fault = http::Fault::field;
  std::string_view why{};
};

/// `end_stream`: no body follows.
struct RequestKind {
  bool end_stream = false;
  bool websocket = false;  // out: an extended CONNECT (RFC 8441)
};

/// The request of a block, which is used up. An extended CONNECT for a WebSocket becomes the
/// GET with Upgrade that it would be in HTTP/1.1, but for its key.
Refusal to_request(HeadBlock& block, RequestKind& kind, http::RequestHead& request);

/// False: malformed.
bool to_response(HeadBlock& block, http::ResponseTo request, bool end_stream,
                 http::ResponseHead& response);
/// The status of a block; 0: malformed.
int status_of(const HeadBlock& block);

/// A trailer section without what may not stand there. False: malformed.
bool to_trailers(HeadBlock& block, http::Fields& trailers);

/// Speaks of a connection of HTTP/1.1 and stands in no message of HTTP/2 (section 8.2.2).
bool is_connection_specific(std::string_view name);

}  // namespace meridian::edge::h2
