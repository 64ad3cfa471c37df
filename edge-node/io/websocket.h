#pragma once

#include <string>
#include <string_view>

/// The handshake of a WebSocket over HTTP/1.1 (RFC 6455 section 4), which one over HTTP/2 does
/// without (RFC 8441 section 5): the edge does it where the two meet.
namespace meridian::edge {

/// A fresh Sec-WebSocket-Key.
std::string make_websocket_key();
/// The Sec-WebSocket-Accept that proves that the origin has understood.
std::string websocket_accept(std::string_view key);

}  // namespace meridian::edge
