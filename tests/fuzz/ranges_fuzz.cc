// The length of a body (two octets), then Range, and Content-Range on a line of its own. Parts lie
// within the body; one range means the same before its length is known; what is written is read.
#include <cstdint>
#include <string>
#include <string_view>

#include "check.h"
#include "edge-node/http/range.h"

namespace {

using namespace meridian::http;
using meridian::fuzz::require;
using Kind = RangeAnswer::Kind;

void check_range(std::string_view text, std::uint64_t bytes) {
  const auto answer = parse_range(text, bytes);
  require((answer.kind == Kind::parts) != answer.parts.empty());
  require(answer.parts.size() <= kMostRanges);
  std::uint64_t total = 0;
  for (const auto& part : answer.parts) {
    require(part.first <= part.last && part.last < bytes);
    total += part.size();
    const auto read = parse_content_range(content_range(part, bytes));
    require(read && read->part == part && read->body_bytes == bytes);
  }
  require(total <= bytes);
  const auto single = parse_single_range(text);
  if (!single) return;
  const auto again = parse_single_range(single->text());
  require(again && again->first == single->first && again->last == single->last);
  const auto same = parse_range(single->text(), bytes);
  require(same.kind == answer.kind && same.parts == answer.parts && answer.parts.size() <= 1);
  if (!answer.parts.empty() && single->first) require(answer.parts.front().first == *single->first);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::uint64_t bytes = static_cast<std::uint64_t>(data[0]) << 8 | data[1];
  const std::string_view text(reinterpret_cast<const char*>(data) + 2, size - 2);
  const auto end = text.find('\n');
  check_range(text.substr(0, end), bytes);
  if (end == std::string_view::npos) return 0;
  if (const auto said = parse_content_range(text.substr(end + 1))) {
    require(said->part.first <= said->part.last && said->part.last < said->body_bytes);
    const auto again = parse_content_range(content_range(said->part, said->body_bytes));
    require(again && again->part == said->part && again->body_bytes == said->body_bytes);
  }
  return 0;
}
