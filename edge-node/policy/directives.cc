#include "edge-node/policy/directives.h"

#include <algorithm>

#include "edge-node/http/token.h"
#include "edge-node/policy/targeted.h"

namespace meridian::edge {
namespace {

using http::same_word;
using std::chrono::seconds;

constexpr seconds kForever{std::int64_t{1} << 31};

std::string_view unquoted(std::string_view text) {
  if (text.size() >= 2 && text.front() == '"' && text.back() == '"')
    return text.substr(1, text.size() - 2);
  return text;
}

seconds number(std::string_view text) { return parse_seconds(unquoted(text)).value_or(seconds(0)); }

void take_least(std::optional<seconds>& into, std::string_view value) {
  into = std::min(into.value_or(kForever), number(value));
}

/// `no-cache` and `private` are about the whole response, or about the fields that they name.
void take_fields(std::string_view value, bool& whole, std::vector<std::string>& fields) {
  const auto list = unquoted(value);
  http::ListWords words(list);
  bool any = false;
  while (const auto word = words.next()) {
    if (!http::is_token(*word)) continue;
    fields.push_back(http::lower_text(*word));
    any = true;
  }
  if (!any) whole = true;
}

/// Hands each directive under that name, with its value or an empty one, to `take`.
template <class Take>
bool for_each_directive(const http::Fields& fields, std::string_view field_name, Take take) {
  bool any = false;
  fields.for_each(field_name, [&](std::string_view list) {
    any = true;
    http::ListWords words(list);
    while (const auto word = words.next()) {
      const auto equals = word->find('=');
      const bool has_value = equals != std::string_view::npos;
      take(http::trim(word->substr(0, equals)),
           has_value ? http::trim(word->substr(equals + 1)) : std::string_view());
    }
  });
  return any;
}

void take(ResponseDirectives& into, std::string_view name, std::string_view value) {
  const auto is = [name](std::string_view other) { return same_word(name, other); };
  if (is("no-store")) into.no_store = true;
  if (is("no-cache")) take_fields(value, into.no_cache, into.unstored_fields);
  if (is("private")) take_fields(value, into.is_private, into.unstored_fields);
  if (is("public")) into.is_public = true;
  if (is("must-revalidate")) into.must_revalidate = true;
  if (is("proxy-revalidate")) into.proxy_revalidate = true;
  if (is("must-understand")) into.must_understand = true;
  if (is("no-transform")) into.no_transform = true;
  if (is("max-age")) take_least(into.max_age, value);
  if (is("s-maxage")) take_least(into.s_maxage, value);
  if (is("stale-while-revalidate")) take_least(into.stale_while_revalidate, value);
  if (is("stale-if-error")) take_least(into.stale_if_error, value);
}

void take(ResponseDirectives& into, const TargetedMember& member) {
  const auto& name = member.key;
  if (member.is_true) {
    // The names of fields have no place in a Structured Field of this kind.
    take(into, name, {});
    return;
  }
  if (!member.number) return;
  const auto value = std::to_string(*member.number);
  if (name == "max-age" || name == "s-maxage" || name == "stale-while-revalidate" ||
      name == "stale-if-error")
    take(into, name, value);
}

}  // namespace

std::optional<seconds> parse_seconds(std::string_view text) {
  if (text.empty()) return std::nullopt;
  std::int64_t value = 0;
  for (const char c : text) {
    if (!http::is_digit(c)) return std::nullopt;
    value = std::min(value * 10 + (c - '0'), static_cast<std::int64_t>(kForever.count()));
  }
  return seconds(value);
}

RequestDirectives parse_request_directives(const http::Fields& request) {
  RequestDirectives result;
  const bool any = for_each_directive(
      request, "cache-control", [&](std::string_view name, std::string_view value) {
        const auto is = [name](std::string_view other) { return same_word(name, other); };
        if (is("no-store")) result.no_store = true;
        if (is("no-cache")) result.no_cache = true;
        if (is("only-if-cached")) result.only_if_cached = true;
        if (is("max-age")) take_least(result.max_age, value);
        if (is("min-fresh")) result.min_fresh = number(value);
        if (is("max-stale")) result.max_stale = value.empty() ? kForever : number(value);
        if (is("stale-if-error")) result.stale_if_error = number(value);
      });
  if (!any && request.has_word("pragma", "no-cache")) result.no_cache = true;
  return result;
}

ResponseDirectives parse_response_directives(const http::Fields& response) {
  ResponseDirectives result;
  if (response.has("cdn-cache-control")) {
    const auto members = parse_targeted(response.combined("cdn-cache-control"));
    if (members && !members->empty()) {
      result.targeted = true;
      for (const auto& member : *members) take(result, member);
      return result;
    }
  }
  for_each_directive(response, "cache-control", [&](std::string_view name, std::string_view value) {
    take(result, name, value);
  });
  return result;
}

}  // namespace meridian::edge
