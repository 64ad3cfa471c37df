#include "edge-node/http/range.h"

#include <algorithm>
#include <optional>

#include "edge-node/http/fields.h"
#include "edge-node/http/token.h"

namespace meridian::http {
namespace {

/// One that no body has counts as another such.
std::optional<std::uint64_t> parse_position(std::string_view text) {
  constexpr std::uint64_t kBeyond = 1'000'000'000'000'000'000;
  if (text.empty()) return std::nullopt;
  std::uint64_t value = 0;
  for (const char c : text) {
    if (!is_digit(c)) return std::nullopt;
    value = std::min(value * 10 + static_cast<std::uint64_t>(c - '0'), kBeyond);
  }
  return value;
}

constexpr std::string_view kUnit = "bytes=";

/// No value: malformed.
std::optional<SingleRange> parse_spec(std::string_view spec) {
  const auto dash = spec.find('-');
  if (dash == std::string_view::npos) return std::nullopt;
  const std::string_view first_text = spec.substr(0, dash);
  const std::string_view last_text = spec.substr(dash + 1);
  const SingleRange range{parse_position(first_text), parse_position(last_text)};
  if ((!first_text.empty() && !range.first) || (!last_text.empty() && !range.last) ||
      (!range.first && !range.last) || (range.first && range.last && *range.last < *range.first))
    return std::nullopt;
  return range;
}

enum class Asked : std::uint8_t { part, beyond, malformed };

/// One of the ranges, with its end cut to the body's.
Asked parse_one(std::string_view spec, std::uint64_t body_bytes, ByteRange& part) {
  const auto range = parse_spec(spec);
  if (!range) return Asked::malformed;
  const auto& [first, last] = *range;
  if (!first) {  // the last so many bytes
    if (*last == 0 || body_bytes == 0) return Asked::beyond;
    part = {body_bytes - std::min(*last, body_bytes), body_bytes - 1};
    return Asked::part;
  }
  if (*first >= body_bytes) return Asked::beyond;
  part = {*first, std::min(last.value_or(body_bytes), body_bytes - 1)};
  return Asked::part;
}

}  // namespace

RangeAnswer parse_range(std::string_view range, std::uint64_t body_bytes) {
  using Kind = RangeAnswer::Kind;
  if (!same_word(range.substr(0, kUnit.size()), kUnit)) return {};
  RangeAnswer answer;
  std::size_t count = 0;
  std::uint64_t total = 0;
  ListWords specs(range.substr(kUnit.size()));
  while (const auto spec = specs.next()) {
    ByteRange part;
    const Asked asked = parse_one(*spec, body_bytes, part);
    if (asked == Asked::malformed || ++count > kMostRanges) return {};
    if (asked == Asked::beyond) continue;
    total += part.size();
    if (total > body_bytes) return {};
    answer.parts.push_back(part);
  }
  if (count == 0) return {};
  answer.kind = answer.parts.empty() ? Kind::unsatisfiable : Kind::parts;
  return answer;
}

std::string SingleRange::text() const {
  std::string text(kUnit);
  if (first) text += std::to_string(*first);
  text += '-';
  if (last) text += std::to_string(*last);
  return text;
}

std::optional<SingleRange> parse_single_range(std::string_view range) {
  if (!same_word(range.substr(0, kUnit.size()), kUnit)) return std::nullopt;
  ListWords specs(range.substr(kUnit.size()));
  const auto spec = specs.next();
  if (!spec || specs.next()) return std::nullopt;
  return parse_spec(*spec);
}

std::string content_range(const ByteRange& part, std::uint64_t body_bytes) {
  return "bytes " + std::to_string(part.first) + "-" + std::to_string(part.last) + "/" +
         std::to_string(body_bytes);
}

std::optional<ContentRange> parse_content_range(std::string_view value) {
  constexpr std::string_view kInBytes = "bytes ";
  if (!same_word(value.substr(0, kInBytes.size()), kInBytes)) return std::nullopt;
  value = trim(value.substr(kInBytes.size()));
  const auto dash = std::min(value.find('-'), value.size());
  const auto slash = std::min(value.find('/'), value.size());
  if (dash >= slash || slash == value.size()) return std::nullopt;
  const auto first = parse_position(value.substr(0, dash));
  const auto last = parse_position(value.substr(dash + 1, slash - dash - 1));
  const auto all = parse_position(value.substr(slash + 1));
  if (!first || !last || !all || *last < *first || *last >= *all) return std::nullopt;
  return ContentRange{{*first, *last}, *all};
}

std::string part_head(std::string_view boundary, std::string_view content_type,
                      const ByteRange& part, std::uint64_t body_bytes) {
  std::string head = "\r\n--";
  head += boundary;
  if (!content_type.empty()) {
    head += "\r\nContent-Type: ";
    head += content_type;
  }
  head += "\r\nContent-Range: " + content_range(part, body_bytes) + "\r\n\r\n";
  return head;
}

std::string parts_end(std::string_view boundary) {
  return "\r\n--" + std::string(boundary) + "--\r\n";
}

}  // namespace meridian::http
