#include "geoip-data/database/asn_list.h"

#include <charconv>
#include <unordered_map>
#include <utility>

namespace meridian {
namespace {

/// Cuts off what stands before the next comma.
std::string_view cut_field(std::string_view& rest) {
  const auto comma = rest.find(',');
  const auto field = rest.substr(0, comma);
  rest = comma == std::string_view::npos ? std::string_view() : rest.substr(comma + 1);
  return field;
}

std::string_view line_at(std::string_view text, std::size_t start) {
  auto line = text.substr(start, text.find('\n', start) - start);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

/// The ranges of one family, as lines come.
template <class Key>
struct AddressRanges {
  Ranges<Key>& ranges;
  bool any = false;
  Key begin = 0;  // of the last line

  /// False: `line` does not begin after the one above it.
  bool add(const AsnLine& line, std::uint32_t number) {
    const auto first = key_of<Key>(line.first);
    const auto last = key_of<Key>(line.last);
    if (any && first <= begin) return false;
    any = true;
    begin = first;
    while (ranges.starts.back() > first) {  // the end of the line above, which reaches into this
      ranges.starts.pop_back();
      ranges.values.pop_back();
    }
    ranges.append(first, number);
    if (last != static_cast<Key>(~Key{0})) ranges.append(static_cast<Key>(last + 1), 0);
    return true;
  }
};

}  // namespace

Result<AsnLine> parse_asn_line(std::string_view line) {
  AsnLine result;
  auto rest = line;
  for (auto* address : {&result.first, &result.last}) {
    const auto parsed = parse_address(cut_field(rest));
    if (!parsed) return parsed.error();
    *address = *parsed;
  }
  if (result.first.family() != result.last.family() || result.last < result.first)
    return Error("ends before it begins");
  const auto number = cut_field(rest);
  const auto [end, error] =
      std::from_chars(number.data(), number.data() + number.size(), result.asn);
  if (error != std::errc{} || end != number.data() + number.size())
    return Error("'" + std::string(number) + "' is not the number of an autonomous system");
  if (rest.size() >= 2 && rest.front() == '"' && rest.back() == '"')
    rest = rest.substr(1, rest.size() - 2);
  result.name = rest;
  return result;
}

Result<Layer> read_asn_list(std::string_view text) {
  Layer layer;
  layer.subdivisions.emplace_back();
  AddressRanges<std::uint32_t> v4{layer.v4};
  AddressRanges<U128> v6{layer.v6};
  std::unordered_map<std::uint32_t, std::uint32_t> numbers{{0, 0}};
  bool seen_v6 = false;
  std::size_t count = 0;
  for (std::size_t start = 0; start < text.size();) {
    ++count;
    const auto line = line_at(text, start);
    const auto parsed = parse_asn_line(line);
    const auto where = [count] { return "line " + std::to_string(count); };
    if (!parsed) return at(where(), parsed.error());
    const auto [known, added] =
        numbers.try_emplace(parsed->asn, static_cast<std::uint32_t>(layer.records.size()));
    if (added) layer.records.push_back({{}, parsed->asn});
    const bool is_v4 = parsed->first.is_v4();
    seen_v6 |= !is_v4;
    const bool in_order =
        is_v4 ? !seen_v6 && v4.add(*parsed, known->second) : v6.add(*parsed, known->second);
    if (!in_order) return Error(where(), "does not begin after the line above it");
    const auto end = text.find('\n', start);
    start = end == std::string_view::npos ? text.size() : end + 1;
  }
  if (count == 0) return Error("is empty");
  return layer;
}

std::optional<AsnLine> find_asn(std::string_view text, const IpAddress& address) {
  // The last line that begins at or before the address starts in [low, high).
  std::size_t low = 0;
  std::size_t high = text.size();
  std::optional<AsnLine> best;
  while (low < high) {
    const auto before = text.rfind('\n', low + (high - low) / 2);
    const auto start = before == std::string_view::npos || before < low ? low : before + 1;
    const auto line = parse_asn_line(line_at(text, start));
    if (!line) return {};
    if (line->first <= address) {
      best = *line;
      const auto end = text.find('\n', start);
      low = end == std::string_view::npos ? high : end + 1;
    } else {
      high = start;
    }
  }
  if (!best || best->last < address || best->first.family() != address.family()) return {};
  return best;
}

}  // namespace meridian
