#include "edge-node/http/date.h"

#include <array>
#include <cstdio>

#include "edge-node/http/token.h"

namespace meridian::http {
namespace {

using std::chrono::days;
using std::chrono::floor;
using std::chrono::year_month_day;

constexpr std::array<std::string_view, 7> kDays{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
constexpr std::array<std::string_view, 12> kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                   "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

/// Takes pieces off the front; the first that does not fit makes all that follow fail.
class Pieces {
 public:
  explicit Pieces(std::string_view text) : rest_(text) {}

  bool ok() const { return ok_; }
  bool at_end() const { return ok_ && rest_.empty(); }
  void literal(std::string_view text) {
    ok_ = ok_ && rest_.starts_with(text);
    if (ok_) rest_.remove_prefix(text.size());
  }
  int number(std::size_t digits) {
    int value = 0;
    ok_ = ok_ && rest_.size() >= digits;
    for (std::size_t i = 0; ok_ && i < digits; ++i) {
      ok_ = is_digit(rest_[i]);
      value = value * 10 + (rest_[i] - '0');
    }
    if (ok_) rest_.remove_prefix(digits);
    return ok_ ? value : 0;
  }
  unsigned month() {
    for (unsigned i = 0; ok_ && i < kMonths.size(); ++i) {
      if (!rest_.starts_with(kMonths[i])) continue;
      rest_.remove_prefix(3);
      return i + 1;
    }
    ok_ = false;
    return 1;
  }
  bool skip_space() {
    if (!rest_.starts_with(' ')) return false;
    rest_.remove_prefix(1);
    return true;
  }

 private:
  std::string_view rest_;
  bool ok_ = true;
};

struct Parts {
  int year = 0, day = 0, hour = 0, minute = 0, second = 0;
  unsigned month = 1;
};

std::optional<WallTime> to_time(const Parts& p) {
  const year_month_day date{std::chrono::year(p.year), std::chrono::month(p.month),
                            std::chrono::day(static_cast<unsigned>(p.day))};
  if (!date.ok() || p.hour > 23 || p.minute > 59 || p.second > 60) return std::nullopt;
  return std::chrono::sys_days(date) + std::chrono::hours(p.hour) + std::chrono::minutes(p.minute) +
         std::chrono::seconds(p.second);
}

void clock_time(Pieces& pieces, Parts& parts) {
  parts.hour = pieces.number(2);
  pieces.literal(":");
  parts.minute = pieces.number(2);
  pieces.literal(":");
  parts.second = pieces.number(2);
}

std::optional<WallTime> parse_fixed(std::string_view text) {  // "06 Nov 1994 08:49:37 GMT"
  Pieces pieces(text);
  Parts parts;
  parts.day = pieces.number(2);
  pieces.literal(" ");
  parts.month = pieces.month();
  pieces.literal(" ");
  parts.year = pieces.number(4);
  pieces.literal(" ");
  clock_time(pieces, parts);
  pieces.literal(" GMT");
  return pieces.at_end() ? to_time(parts) : std::nullopt;
}

std::optional<WallTime> parse_rfc850(std::string_view text, WallTime now) {
  Pieces pieces(text);  // "06-Nov-94 08:49:37 GMT"
  Parts parts;
  parts.day = pieces.number(2);
  pieces.literal("-");
  parts.month = pieces.month();
  pieces.literal("-");
  const int short_year = pieces.number(2);
  pieces.literal(" ");
  clock_time(pieces, parts);
  pieces.literal(" GMT");
  if (!pieces.at_end()) return std::nullopt;
  const int this_year = static_cast<int>(year_month_day(floor<days>(now)).year());
  parts.year = this_year - this_year % 100 + short_year;
  if (parts.year > this_year + 50) parts.year -= 100;
  return to_time(parts);
}

std::optional<WallTime> parse_asctime(std::string_view text) {  // "Nov  6 08:49:37 1994"
  Pieces pieces(text);
  Parts parts;
  parts.month = pieces.month();
  pieces.literal(" ");
  parts.day = pieces.skip_space() ? pieces.number(1) : pieces.number(2);
  pieces.literal(" ");
  clock_time(pieces, parts);
  pieces.literal(" ");
  parts.year = pieces.number(4);
  return pieces.at_end() ? to_time(parts) : std::nullopt;
}

}  // namespace

std::string format_date(WallTime time) {
  const auto day = floor<days>(time);
  const year_month_day date(day);
  const std::chrono::hh_mm_ss clock(floor<std::chrono::seconds>(time - day));
  char text[64];
  const int size = std::snprintf(
      text, sizeof text, "%s, %02u %s %04d %02d:%02d:%02d GMT",
      kDays[std::chrono::weekday(day).c_encoding()].data(), static_cast<unsigned>(date.day()),
      kMonths[static_cast<unsigned>(date.month()) - 1].data(), static_cast<int>(date.year()),
      static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
      static_cast<int>(clock.seconds().count()));
  return std::string(text, static_cast<std::size_t>(size));
}

std::optional<WallTime> parse_date(std::string_view text, WallTime now) {
  const auto comma = text.find(", ");
  if (comma == 3) return parse_fixed(text.substr(5));
  if (comma != std::string_view::npos) return parse_rfc850(text.substr(comma + 2), now);
  return text.size() > 4 && text[3] == ' ' ? parse_asctime(text.substr(4)) : std::nullopt;
}

}  // namespace meridian::http
