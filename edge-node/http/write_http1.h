#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "edge-node/http/message.h"

/// Heads and chunks in HTTP/1.1's form. Pure. The callers' fields are free of hop-by-hop fields;
/// what the framing needs is written from `framing`.
namespace meridian::http {

struct RequestLine {
  std::string_view method;
  std::string_view target;
};

void append_request(std::string& out, const RequestLine& line, const Fields& fields,
                    const Framing& framing);

enum class Persistence : std::uint8_t { keep_alive, close };

/// Framing::Kind::none writes no Content-Length: for 204, 304 and the answers to HEAD whose
/// length is not known.
void append_response(std::string& out, int status, const Fields& fields, const Framing& framing,
                     Persistence persistence);

/// "1a\r\n"; the data and then "\r\n" follow it.
std::string chunk_head(std::uint64_t bytes);
inline constexpr std::string_view kLastChunk = "0\r\n\r\n";
/// The same with trailers before its end.
void append_last_chunk(std::string& out, const Fields& trailers);

}  // namespace meridian::http
