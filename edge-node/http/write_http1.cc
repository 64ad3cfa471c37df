#include "edge-node/http/write_http1.h"

#include <charconv>

namespace meridian::http {
namespace {

/// And room for a first line and framing.
void reserve_for(std::string& out, const Fields& fields) {
  constexpr std::size_t kBeside = 128;
  out.reserve(out.size() + fields.characters() + kBeside);
}

/// Content-Length belongs to the framing.
void append_fields(std::string& out, const Fields& fields) {
  fields.append_lines(out, "content-length");
}

void append_number(std::string& out, std::uint64_t number) {
  char digits[20];
  out.append(digits, std::to_chars(digits, digits + sizeof digits, number).ptr);
}

void append_framing(std::string& out, const Framing& framing) {
  if (framing.kind == Framing::Kind::chunked) out += "Transfer-Encoding: chunked\r\n";
  if (framing.kind == Framing::Kind::length) {
    out += "Content-Length: ";
    append_number(out, framing.length);
    out += "\r\n";
  }
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
  if (status == 200) {  // in one piece what nearly all say
    out += "HTTP/1.1 200 OK\r\n";
  } else {
    out += "HTTP/1.1 ";
    append_number(out, static_cast<std::uint64_t>(status));
    out += ' ';
    out += reason_phrase(status);
    out += "\r\n";
  }
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
