#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace meridian::http {

/// A part of a body: its first and its last byte.
struct ByteRange {
  std::uint64_t first = 0;
  std::uint64_t last = 0;

  std::uint64_t size() const { return last - first + 1; }
  friend bool operator==(const ByteRange&, const ByteRange&) = default;
};

/// What a Range field asks of a body (RFC 9110 section 14). Pure.
struct RangeAnswer {
  enum class Kind : std::uint8_t {
    whole,          // malformed, another unit, or more than is reasonable: answer 200
    parts,          // answer 206 with `parts`
    unsatisfiable,  // answer 416
  };
  Kind kind = Kind::whole;
  std::vector<ByteRange> parts;  // as they were asked for, at least one
};

/// Of several ranges those that lie beyond the body are left out. More than kMostRanges, or more
/// bytes than the body has, ask for all of it (section 14.2).
inline constexpr std::size_t kMostRanges = 16;
RangeAnswer parse_range(std::string_view range, std::uint64_t body_bytes);

/// The one range that a Range field asks for, while the body's length is not known: from `first`
/// on, to `last` if that is there; or, without `first`, the last `last` bytes.
struct SingleRange {
  std::optional<std::uint64_t> first;
  std::optional<std::uint64_t> last;

  /// As a field; the same for all who ask for the same.
  std::string text() const;
};
/// No value: malformed, another unit, or several ranges.
std::optional<SingleRange> parse_single_range(std::string_view range);

/// "bytes 0-99/1000".
std::string content_range(const ByteRange& part, std::uint64_t body_bytes);

/// A part that a 206 says it holds, and of how much. No value: it says nothing usable.
struct ContentRange {
  ByteRange part;
  std::uint64_t body_bytes = 0;
};
std::optional<ContentRange> parse_content_range(std::string_view value);

/// What stands before a part's bytes, and after the last part, in multipart/byteranges (section
/// 14.6). `content_type` may be empty.
std::string part_head(std::string_view boundary, std::string_view content_type,
                      const ByteRange& part, std::uint64_t body_bytes);
std::string parts_end(std::string_view boundary);

}  // namespace meridian::http
