#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace meridian::http {

/// What a Range field asks of a body (RFC 9110 section 14). Pure.
struct RangeAnswer {
  enum class Kind : std::uint8_t {
    whole,          // malformed, another unit, or several ranges: answer 200
    part,           // answer 206 with `first`..`last`
    unsatisfiable,  // answer 416
  };
  Kind kind = Kind::whole;
  std::uint64_t first = 0;
  std::uint64_t last = 0;  // inclusive
};

RangeAnswer parse_range(std::string_view range, std::uint64_t body_bytes);

/// "bytes 0-99/1000".
std::string content_range(const RangeAnswer& part, std::uint64_t body_bytes);

}  // namespace meridian::http
