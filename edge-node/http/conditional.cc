#include "edge-node/http/conditional.h"

#include "edge-node/http/date.h"

namespace meridian::http {
namespace {

std::string_view opaque(std::string_view etag) {
  return etag.starts_with("W/") ? etag.substr(2) : etag;
}

}  // namespace

bool etag_listed(std::string_view if_none_match, std::string_view etag) {
  ListWords words(if_none_match);
  while (const auto word = words.next())
    if (*word == "*" || (!etag.empty() && opaque(*word) == opaque(etag))) return true;
  return false;
}

bool same_strong_etag(const Fields& a, const Fields& b) {
  const auto etag = a.find("etag");
  return etag && etag->starts_with('"') && etag == b.find("etag");
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

bool range_applies(const Fields& request, const Fields& stored, WallTime now) {
  const auto condition = request.find("if-range");
  if (!condition) return true;
  if (condition->starts_with('"')) return stored.find("etag") == condition;
  if (condition->starts_with("W/")) return false;
  // A date is a strong validator only when it is clearly older than the response (8.8.2.2).
  const auto named = parse_date(*condition, now);
  const auto modified = parse_date(stored.find("last-modified").value_or(""), now);
  const auto date = parse_date(stored.find("date").value_or(""), now);
  return named && modified && date && *named == *modified &&
         *date - *modified >= std::chrono::seconds(60);
}

}  // namespace meridian::http
