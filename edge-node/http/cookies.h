#pragma once

#include <algorithm>
#include <string_view>

#include "edge-node/http/token.h"

namespace meridian::http {

/// Calls `visit(name, value, pair)` for each cookie of a Cookie field's value (RFC 6265 section
/// 4.2), in their order; `pair` is both as they stand there. Pure.
template <class Visit>
void for_each_cookie(std::string_view cookies, Visit visit) {
  while (!cookies.empty()) {
    const auto end = std::min(cookies.find(';'), cookies.size());
    const auto pair = trim(cookies.substr(0, end));
    cookies.remove_prefix(std::min(end + 1, cookies.size()));
    if (pair.empty()) continue;
    const auto equals = std::min(pair.find('='), pair.size());
    visit(trim(pair.substr(0, equals)), trim(pair.substr(std::min(equals + 1, pair.size()))), pair);
  }
}

}  // namespace meridian::http
