#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/time.h"

namespace meridian::edge {

/// Which origin a visitor is with, told by a cookie. Its value is a keyed hash of the origin's name
/// (HMAC-SHA-256): who lacks the secret can neither make one nor learn from it which origins there
/// are. The values of all origins are made beforehand. Immutable.
struct StickyCookie {
  /// The values under one secret; the newest whose time has come is given out, all are known.
  struct Key {
    WallTime sign_from;
    std::vector<std::string> values;  // of each origin, in the order of the pool
  };
  std::string name;
  std::chrono::seconds ttl{0};  // 0: until the browser is closed
  std::vector<Key> keys;        // in the order of sign_from

  /// The origin that `value` names. No value: it is forged, or older than the secrets.
  std::optional<std::size_t> find(std::string_view value) const;
  /// Empty: there is no secret.
  std::string_view value_of(std::size_t origin, WallTime now) const;
  /// The Set-Cookie field that keeps a visitor with `origin`; `secure`: by HTTPS only.
  std::string set_cookie(std::size_t origin, bool secure, WallTime now) const;
};

/// The value for `origin` ("host:port") of `pool`. `secret` serves other ends too: the key is
/// derived from it (HKDF, RFC 5869).
std::string sticky_value(std::string_view secret, std::string_view pool, std::string_view origin);

/// The value of the cookie `name` in a Cookie field (RFC 6265 section 5.4), the first one.
std::optional<std::string_view> cookie_value(std::string_view cookies, std::string_view name);
/// The field without that cookie; empty: nothing is left.
std::string without_cookie(std::string_view cookies, std::string_view name);

}  // namespace meridian::edge
