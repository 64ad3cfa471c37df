// Cookies as visitors send them; apart from what signs ours.
#include "edge-node/http/cookies.h"

#include "edge-node/origin/sticky.h"

namespace meridian::edge {

std::optional<std::string_view> cookie_value(std::string_view cookies, std::string_view name) {
  std::optional<std::string_view> found;
  http::for_each_cookie(cookies, [&](std::string_view n, std::string_view value, std::string_view) {
    if (!found && n == name) found = value;
  });
  return found;
}

std::string without_cookie(std::string_view cookies, std::string_view name) {
  std::string rest;
  http::for_each_cookie(cookies, [&](std::string_view n, std::string_view, std::string_view pair) {
    if (n == name) return;
    if (!rest.empty()) rest += "; ";
    rest += pair;
  });
  return rest;
}

}  // namespace meridian::edge
