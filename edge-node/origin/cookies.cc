// Cookies as visitors send them; apart from what signs ours.
#include "edge-node/http/token.h"
#include "edge-node/origin/sticky.h"

namespace meridian::edge {
namespace {

/// Calls `visit(name, value, pair)` for each cookie.
template <class Visit>
void for_each_cookie(std::string_view cookies, Visit visit) {
  while (!cookies.empty()) {
    const auto end = cookies.find(';');
    const auto pair = http::trim(cookies.substr(0, end));
    cookies.remove_prefix(end == std::string_view::npos ? cookies.size() : end + 1);
    if (pair.empty()) continue;
    const auto equals = pair.find('=');
    const auto name = http::trim(pair.substr(0, equals));
    visit(name, equals == std::string_view::npos ? "" : http::trim(pair.substr(equals + 1)), pair);
  }
}

}  // namespace

std::optional<std::string_view> cookie_value(std::string_view cookies, std::string_view name) {
  std::optional<std::string_view> found;
  for_each_cookie(cookies, [&](std::string_view n, std::string_view value, std::string_view) {
    if (!found && n == name) found = value;
  });
  return found;
}

std::string without_cookie(std::string_view cookies, std::string_view name) {
  std::string rest;
  for_each_cookie(cookies, [&](std::string_view n, std::string_view, std::string_view pair) {
    if (n == name) return;
    if (!rest.empty()) rest += "; ";
    rest += pair;
  });
  return rest;
}

}  // namespace meridian::edge
