#include "edge-node/http/range.h"

#include <algorithm>
#include <optional>

#include "edge-node/http/token.h"

namespace meridian::http {
namespace {

std::optional<std::uint64_t> parse_position(std::string_view text) {
  constexpr std::size_t kMaxDigits = 18;
  if (text.empty() || text.size() > kMaxDigits) return std::nullopt;
  std::uint64_t value = 0;
  for (const char c : text) {
    if (!is_digit(c)) return std::nullopt;
    value = value * 10 + static_cast<std::uint64_t>(c - '0');
  }
  return value;
}

}  // namespace

RangeAnswer parse_range(std::string_view range, std::uint64_t body_bytes) {
  using Kind = RangeAnswer::Kind;
  constexpr std::string_view kUnit = "bytes=";
  if (!same_word(range.substr(0, kUnit.size()), kUnit)) return {};
  const std::string_view spec = trim(range.substr(kUnit.size()));
  const auto dash = spec.find('-');
  if (dash == std::string_view::npos) return {};
  const std::string_view first_text = spec.substr(0, dash);
  const std::string_view last_text = spec.substr(dash + 1);
  const auto first = parse_position(first_text);
  const auto last = parse_position(last_text);
  if ((!first_text.empty() && !first) || (!last_text.empty() && !last) || (!first && !last))
    return {};
  if (!first) {  // the last so many bytes
    if (*last == 0 || body_bytes == 0) return {Kind::unsatisfiable, 0, 0};
    return {Kind::part, body_bytes - std::min(*last, body_bytes), body_bytes - 1};
  }
  if (last && *last < *first) return {};
  if (*first >= body_bytes) return {Kind::unsatisfiable, 0, 0};
  return {Kind::part, *first, std::min(last.value_or(body_bytes), body_bytes - 1)};
}

std::string content_range(const RangeAnswer& part, std::uint64_t body_bytes) {
  return "bytes " + std::to_string(part.first) + "-" + std::to_string(part.last) + "/" +
         std::to_string(body_bytes);
}

}  // namespace meridian::http
