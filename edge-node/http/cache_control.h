#pragma once

#include <chrono>
#include <optional>

#include "edge-node/http/fields.h"

namespace meridian::http {

/// What Cache-Control says (RFC 9111 section 5.2), of a request or a response. Pure.
///
/// A number that is malformed counts as 0, so the response as stale; so do repeated directives
/// that contradict each other (section 4.2.1). Numbers too large become 2^31.
struct CacheControl {
  bool no_store = false;
  bool no_cache = false;  // also with field names, which are taken as the stricter bare form
  bool is_private = false;
  bool is_public = false;
  bool must_revalidate = false;
  bool proxy_revalidate = false;
  bool must_understand = false;
  bool only_if_cached = false;
  std::optional<std::chrono::seconds> max_age;
  std::optional<std::chrono::seconds> s_maxage;
  std::optional<std::chrono::seconds> min_fresh;
  std::optional<std::chrono::seconds> max_stale;  // without a number: any
};

CacheControl parse_cache_control(const Fields& fields);

/// delta-seconds of RFC 9111 section 1.2.2; no value if it is not a number.
std::optional<std::chrono::seconds> parse_seconds(std::string_view text);

}  // namespace meridian::http
