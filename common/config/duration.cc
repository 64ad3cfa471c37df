#include "common/config/duration.h"

#include <array>
#include <charconv>
#include <cstdint>

namespace meridian::config {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::int64_t kMostSeconds = 315'576'000'000;  // protobuf's Duration

struct Unit {
  std::string_view name;
  std::int64_t seconds;
  std::int64_t nanos;
};
constexpr std::array<Unit, 6> kUnits{{{"h", 3600, 0},
                                      {"m", 60, 0},
                                      {"s", 1, 0},
                                      {"ms", 0, 1'000'000},
                                      {"us", 0, 1'000},
                                      {"ns", 0, 1}}};

Error wrong(std::string_view text) {
  return Error("'" + std::string(text.substr(0, 40)) +
               "' is not a duration such as 500ms, 20s, 5m or 1h30m");
}

struct Part {
  std::int64_t number = 0;
  std::size_t unit = 0;  // in kUnits
};

/// Takes "30m" from the front of `text`.
bool take_part(std::string_view& text, Part& part) {
  const auto* begin = text.data();
  const auto* end = begin + text.size();
  if (text.empty() || *begin < '0' || *begin > '9') return false;
  const auto [after, error] = std::from_chars(begin, end, part.number);
  if (error != std::errc{}) return false;
  text.remove_prefix(static_cast<std::size_t>(after - begin));
  const auto name = text.substr(0, text.find_first_of("0123456789"));
  text.remove_prefix(name.size());
  for (part.unit = 0; part.unit < kUnits.size(); ++part.unit)
    if (kUnits[part.unit].name == name) return true;
  return false;
}

}  // namespace

std::string duration_text(const google::protobuf::Duration& duration) {
  auto seconds = duration.seconds();
  std::int64_t nanos = duration.nanos();
  if (seconds == 0 && nanos == 0) return "0s";
  std::string text;
  if (seconds < 0 || nanos < 0) {
    text = "-";
    seconds = -seconds;
    nanos = -nanos;
  }
  for (const auto& unit : kUnits) {
    auto& left = unit.seconds != 0 ? seconds : nanos;
    const auto size = unit.seconds != 0 ? unit.seconds : unit.nanos;
    if (left >= size) text += std::to_string(left / size) + std::string(unit.name);
    left %= size;
  }
  return text;
}

Result<google::protobuf::Duration> parse_duration(std::string_view text) {
  auto rest = text;
  const bool negative = rest.starts_with('-');
  if (negative) rest.remove_prefix(1);
  std::int64_t seconds = 0;
  std::int64_t nanos = 0;
  std::size_t next_unit = 0;
  do {
    Part part;
    if (!take_part(rest, part) || part.unit < next_unit) return wrong(text);
    next_unit = part.unit + 1;
    const auto& unit = kUnits[part.unit];
    if (unit.seconds != 0) {
      if (part.number > kMostSeconds / unit.seconds) return wrong(text);
      seconds += part.number * unit.seconds;
    } else {
      const auto per_second = kSecond / unit.nanos;
      seconds += part.number / per_second;
      nanos += part.number % per_second * unit.nanos;
    }
    if (seconds > kMostSeconds) return wrong(text);
  } while (!rest.empty());
  seconds += nanos / kSecond;
  nanos %= kSecond;
  google::protobuf::Duration duration;
  duration.set_seconds(negative ? -seconds : seconds);
  duration.set_nanos(static_cast<std::int32_t>(negative ? -nanos : nanos));
  return duration;
}

}  // namespace meridian::config
