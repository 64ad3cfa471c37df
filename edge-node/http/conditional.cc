#include "edge-node/http/conditional.h"

#include "edge-node/http/date.h"
#include "edge-node/http/token.h"

namespace meridian::http {
namespace {

std::string_view opaque(std::string_view etag) {
  return etag.starts_with("W/") ? etag.substr(2) : etag;
}

/// Not so new that it may have changed once more within the same second.
bool is_clearly_older(WallTime modified, WallTime date) {
  return date - modified >= std::chrono::seconds(60);
}

}  // namespace

bool etag_listed(std::string_view if_none_match, std::string_view etag) {
  ListWords words(if_none_match);
  while (const auto word = words.next())
    if (*word == "*" || (!etag.empty() && opaque(*word) == opaque(etag))) return true;
  return false;
}

std::string_view strong_validator(const Fields& response, WallTime now) {
  if (const auto etag = response.find("etag"))
    return etag->starts_with('"') ? *etag : std::string_view();
  const auto text = response.find("last-modified").value_or("");
  const auto modified = parse_date(text, now);
  const auto date = parse_date(response.find("date").value_or(""), now).value_or(now);
  return modified && is_clearly_older(*modified, date) ? text : std::string_view();
}

bool same_strong_validator(const Fields& a, const Fields& b, WallTime now) {
  const auto validator = strong_validator(a, now);
  return !validator.empty() && validator == strong_validator(b, now);
}

bool is_not_modified(const Fields& request, const Fields& stored, WallTime now) {
  if (request.has("if-none-match"))
    return etag_listed(request.combined("if-none-match"), stored.find("etag").value_or(""));
  const auto since_text = request.find("if-modified-since");
  // Without Last-Modified the time of the response says how new it is (RFC 9111 section 4.3.2).
  auto modified_text = stored.find("last-modified");
  if (!modified_text) modified_text = stored.find("date");
  if (!since_text || !modified_text) return false;
  const auto since = parse_date(*since_text, now);
  const auto modified = parse_date(*modified_text, now);
  return since && modified && *modified <= *since;
}

bool is_unasked(const Fields& request, int status, const Fields& response) {
  if (status == 101) {
    const auto asked = request.find("upgrade");
    return !asked || !same_word(response.find("upgrade").value_or(""), *asked);
  }
  if (status == 304) return !request.has("if-none-match") && !request.has("if-modified-since");
  if (status != 206 || request.has("range")) return false;
  const auto unit = response.find("content-range").value_or("").substr(0, 5);
  const auto type = response.find("content-type").value_or("").substr(0, 20);
  return same_word(unit, "bytes") || same_word(type, "multipart/byteranges");
}

bool range_applies(const Fields& request, const Fields& stored, WallTime now) {
  const auto condition = request.find("if-range");
  if (!condition) return true;
  if (condition->starts_with('"')) return stored.find("etag") == condition;
  if (condition->starts_with("W/")) return false;
  const auto named = parse_date(*condition, now);
  const auto modified = parse_date(stored.find("last-modified").value_or(""), now);
  const auto date = parse_date(stored.find("date").value_or(""), now);
  return named && modified && date && *named == *modified && is_clearly_older(*modified, *date);
}

}  // namespace meridian::http
