#include "edge-node/http/cache_control.h"

#include <algorithm>

#include "edge-node/http/token.h"

namespace meridian::http {
namespace {

using std::chrono::seconds;

constexpr seconds kForever{std::int64_t{1} << 31};

seconds number(std::string_view text) {
  if (text.size() >= 2 && text.front() == '"' && text.back() == '"')
    text = text.substr(1, text.size() - 2);
  return parse_seconds(text).value_or(seconds(0));
}

/// A repeated directive: the shorter lifetime is the safe one.
void take_least(std::optional<seconds>& into, std::string_view value) {
  into = std::min(into.value_or(kForever), number(value));
}

void take(CacheControl& control, std::string_view name, std::string_view value) {
  const auto is = [name](std::string_view other) { return same_word(name, other); };
  if (is("no-store")) control.no_store = true;
  if (is("no-cache")) control.no_cache = true;
  if (is("private")) control.is_private = true;
  if (is("public")) control.is_public = true;
  if (is("must-revalidate")) control.must_revalidate = true;
  if (is("proxy-revalidate")) control.proxy_revalidate = true;
  if (is("must-understand")) control.must_understand = true;
  if (is("only-if-cached")) control.only_if_cached = true;
  if (is("max-age")) take_least(control.max_age, value);
  if (is("s-maxage")) take_least(control.s_maxage, value);
  if (is("min-fresh")) control.min_fresh = number(value);
  if (is("max-stale")) control.max_stale = value.empty() ? kForever : number(value);
}

}  // namespace

std::optional<seconds> parse_seconds(std::string_view text) {
  if (text.empty()) return std::nullopt;
  std::int64_t value = 0;
  for (const char c : text) {
    if (!is_digit(c)) return std::nullopt;
    value = std::min(value * 10 + (c - '0'), static_cast<std::int64_t>(kForever.count()));
  }
  return seconds(value);
}

CacheControl parse_cache_control(const Fields& fields) {
  CacheControl control;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const Fields::Field field = fields[i];
    if (!same_word(field.name, "cache-control")) continue;
    ListWords words(field.value);
    while (const auto word = words.next()) {
      const auto equals = word->find('=');
      const bool has_value = equals != std::string_view::npos;
      take(control, trim(word->substr(0, equals)),
           has_value ? trim(word->substr(equals + 1)) : std::string_view());
    }
  }
  return control;
}

}  // namespace meridian::http
