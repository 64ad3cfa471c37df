#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace meridian::http {

/// What is wrong with a message that is refused as it is read.
enum class Fault : std::uint8_t {
  start_line,         // of three parts, without controls
  version,            // not HTTP/1
  method,             // malformed, or CONNECT
  target,             // malformed
  pseudo_field,       // of HTTP/2: missing, or not served
  host,               // none, several, malformed
  line_end,           // LF without CR
  field,              // a name or value: folded lines, blanks before the colon, controls
  content_length,     // malformed, twice
  transfer_encoding,  // not chunked alone, or beside Content-Length
  expectation,        // other than 100-continue
  too_large,          // the head, or its first line
  too_slow,           // the head
  body,               // chunks or trailers
};
inline constexpr std::size_t kFaults = 14;

/// A word for metrics and logs.
constexpr std::string_view fault_text(Fault fault) {
  constexpr std::string_view kTexts[kFaults] = {"start_line",     "version",
                                                "method",         "target",
                                                "pseudo_field",   "host",
                                                "line_end",       "field",
                                                "content_length", "transfer_encoding",
                                                "expectation",    "too_large",
                                                "too_slow",       "body"};
  return kTexts[static_cast<std::size_t>(fault)];
}

}  // namespace meridian::http
