#include "edge-node/http/write_http1.h"

#include <charconv>
#include <cstring>

#include "edge-node/http/token.h"

namespace meridian::http {
namespace {

constexpr std::size_t kEachField = 4;  // ": " and CRLF

/// And room for a first line and framing.
void reserve_for(std::string& out, const Fields& fields) {
  constexpr std::size_t kBeside = 128;
  out.reserve(out.size() + fields.characters() + kEachField * fields.size() + kBeside);
}

char* put(char* at, std::string_view text) {
  std::memcpy(at, text.data(), text.size());
  return at + text.size();
}

void append_fields(std::string& out, const Fields& fields) {
  const auto begin = out.size();
  out.resize(begin + fields.characters() + kEachField * fields.size());  // the most that it takes
  char* at = out.data() + begin;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const Fields::Field field = fields[i];
    if (same_word(field.name, "content-length")) continue;
    at = put(put(at, field.name), ": ");
    at = put(put(at, field.value), "\r\n");
  }
  out.resize(static_cast<std::size_t>(at - out.data()));
}

void append_framing(std::string& out, const Framing& framing) {
  if (framing.kind == Framing::Kind::chunked) out += "Transfer-Encoding: chunked\r\n";
  if (framing.kind == Framing::Kind::length)
    out += "Content-Length: " + std::to_string(framing.length) + "\r\n";
}

}  // namespace

void append_request(std::string& out, const RequestLine& line, const Fields& fields,
                    const Framing& framing) {
  reserve_for(out, fields);
  out += line.method;
  out += ' ';
  out += line.target;
  out += " HTTP/1.1\r\n";
  append_fields(out, fields);
  append_framing(out, framing);
  out += "\r\n";
}

void append_response(std::string& out, int status, const Fields& fields, const Framing& framing,
                     Persistence persistence) {
  reserve_for(out, fields);
  out += "HTTP/1.1 ";
  out += std::to_string(status);
  out += ' ';
  out += reason_phrase(status);
  out += "\r\n";
  append_fields(out, fields);
  append_framing(out, framing);
  if (persistence == Persistence::close) out += "Connection: close\r\n";
  out += "\r\n";
}

std::string chunk_head(std::uint64_t bytes) {
  char text[18];
  const auto end = std::to_chars(text, text + 16, bytes, 16).ptr;
  end[0] = '\r';
  end[1] = '\n';
  return std::string(text, end + 2);
}

void append_last_chunk(std::string& out, const Fields& trailers) {
  out += "0\r\n";
  append_fields(out, trailers);
  out += "\r\n";
}

}  // namespace meridian::http
