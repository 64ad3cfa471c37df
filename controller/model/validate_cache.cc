#include <algorithm>
#include <array>
#include <map>

#include "controller/model/check.h"
#include "controller/model/header.h"
#include "controller/model/names.h"

namespace meridian::control {
namespace {

constexpr int kMostKeyParts = 8;
constexpr int kMostNames = 64;
constexpr std::size_t kMostParameter = 256;

/// Whether `text` may have a `*` at its end that stands for any characters.
enum class Star : std::uint8_t { refused, allowed };

/// Where the name of `text` ends, and its `*` begins.
std::string_view without_star(std::string_view text, Star star) {
  return star == Star::allowed && text.ends_with('*') ? text.substr(0, text.size() - 1) : text;
}

/// The name of a query parameter as it stands in URLs.
void check_parameters(Check& check, const std::string& field,
                      const google::protobuf::RepeatedPtrField<std::string>& names, Star star) {
  check.most(field, names.size(), kMostNames);
  for (int i = 0; i < names.size(); ++i) {
    const auto name = without_star(names[i], star);
    const auto at = Check::item(field, i);
    if (names[i].empty())
      check.wrong(at, "is empty");
    else if (name.find('*') != std::string_view::npos)
      check.wrong(at, in_quotes(names[i]) + (star == Star::allowed
                                                 ? ": '*' may only stand at the end"
                                                 : ": here names are compared whole, without '*'"));
    else if (name.size() > kMostParameter || has_blank(name) ||
             name.find_first_of("&=#") != std::string_view::npos)
      check.wrong(at, in_quotes(names[i]) + " is not the name of a query parameter");
    check.repeated(field, names, i);
  }
}

void check_cookies(Check& check, const std::string& field,
                   const google::protobuf::RepeatedPtrField<std::string>& names, Star star) {
  for (int i = 0; i < names.size(); ++i) {
    const auto name = without_star(names[i], star);
    const bool any = name.empty() && !names[i].empty();
    if (star == Star::allowed && name.find('*') != std::string_view::npos)
      check.wrong(Check::item(field, i), in_quotes(names[i]) + ": '*' may only stand at the end");
    else if (!any && (!is_token(name) || name.size() > kMostFieldName))
      check.wrong(Check::item(field, i), in_quotes(names[i]) + " is not the name of a cookie");
    check.repeated(field, names, i);
  }
}

void check_key_headers(Check& check, const google::protobuf::RepeatedPtrField<std::string>& names) {
  const std::string field = "spec.cache.key_headers";
  check.most(field, names.size(), kMostKeyParts);
  for (int i = 0; i < names.size(); ++i) {
    const auto at = Check::item(field, i);
    if (!is_token(names[i]) || names[i].size() > kMostFieldName)
      check.wrong(at, in_quotes(names[i]) + " is not a header field name");
    else if (is_of_connection(names[i]))
      check.wrong(at, in_quotes(names[i]) + " belongs to the connection, not to the request");
    else if (same_name(names[i], "host"))
      check.wrong(at, "goes without saying: leave it out");
    else if (same_name(names[i], "cookie"))
      check.wrong(at, "name the cookies that count in key_cookies instead");
    for (int j = 0; j < i; ++j)
      if (same_name(names[i], names[j])) {
        check.wrong(at, "repeats " + Check::item(field, j));
        break;
      }
  }
}

void check_status_ttls(Check& check, const v1::CachePolicy& cache) {
  std::map<std::uint32_t, std::string> seen;  // -> where
  for (int i = 0; i < cache.status_ttls_size(); ++i) {
    const auto& one = cache.status_ttls(i);
    const auto field = Check::item("spec.cache.status_ttls", i);
    if (one.statuses().empty()) check.wrong(field + ".statuses", "is missing: at least one status");
    for (int j = 0; j < one.statuses_size(); ++j) {
      const auto at = Check::item(field + ".statuses", j);
      if (one.statuses(j) < 100 || one.statuses(j) > 599) {
        check.number(at, one.statuses(j), 100, 599);
        continue;
      }
      const auto [earlier, fresh] = seen.emplace(one.statuses(j), at);
      if (!fresh) check.wrong(at, "repeats " + earlier->second);
    }
    if (one.has_ttl())
      check.freshness(field + ".ttl", one.ttl());
    else
      check.wrong(field + ".ttl", "is missing; 0s: not stored");
  }
}

}  // namespace

void check_cache(Check& check, const v1::CachePolicy& cache) {
  const std::string field = "spec.cache.";
  if (cache.has_default_ttl()) check.freshness(field + "default_ttl", cache.default_ttl());
  if (cache.has_max_ttl()) check.freshness(field + "max_ttl", cache.max_ttl());
  if (cache.has_stale_while_revalidate())
    check.freshness(field + "stale_while_revalidate", cache.stale_while_revalidate());
  if (cache.has_stale_if_error()) check.freshness(field + "stale_if_error", cache.stale_if_error());
  if (cache.has_max_stale()) check.freshness(field + "max_stale", cache.max_stale());
  if (cache.has_max_object_bytes() && cache.max_object_bytes() == 0)
    check.wrong(field + "max_object_bytes", "must be more than 0");
  if (!cache.keep_query_parameters().empty() && cache.ignore_query())
    check.wrong(field + "keep_query_parameters", "keeps nothing where ignore_query is true");
  if (!cache.keep_query_parameters().empty() && !cache.ignore_query_parameters().empty())
    check.wrong(field + "keep_query_parameters",
                "all others are left out anyway: drop ignore_query_parameters");
  check_parameters(check, field + "ignore_query_parameters", cache.ignore_query_parameters(),
                   Star::allowed);
  check_parameters(check, field + "keep_query_parameters", cache.keep_query_parameters(),
                   Star::refused);
  check_key_headers(check, cache.key_headers());
  check.most(field + "key_cookies", cache.key_cookies_size(), kMostKeyParts);
  check_cookies(check, field + "key_cookies", cache.key_cookies(), Star::refused);
  check.most(field + "bypass_cookies", cache.bypass_cookies_size(), kMostNames);
  check_cookies(check, field + "bypass_cookies", cache.bypass_cookies(), Star::allowed);
  check_status_ttls(check, cache);
}

}  // namespace meridian::control
