#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "edge-node/http/fields.h"

/// What Cache-Control and its relatives say. Pure; any thread.
///
/// A number that is malformed counts as 0, so the response as stale; of a directive that is
/// repeated the smaller number counts (RFC 9111 section 4.2.1). Numbers too large become 2^31.
namespace meridian::edge {

/// Of a request (RFC 9111 section 5.2.1).
struct RequestDirectives {
  bool no_store = false;
  bool no_cache = false;  // also by `Pragma: no-cache` where there is no Cache-Control (5.4)
  bool only_if_cached = false;
  std::optional<std::chrono::seconds> max_age;
  std::optional<std::chrono::seconds> min_fresh;
  std::optional<std::chrono::seconds> max_stale;       // without a number: any
  std::optional<std::chrono::seconds> stale_if_error;  // RFC 5861 section 4
};
RequestDirectives parse_request_directives(const http::Fields& request);

/// Of a response (RFC 9111 section 5.2.2, RFC 5861, RFC 8246), or of one to caches like this one:
/// CDN-Cache-Control counts instead of Cache-Control and Expires if it is a valid Structured Field
/// (RFC 9213 section 2).
struct ResponseDirectives {
  bool targeted = false;  // from CDN-Cache-Control
  bool no_store = false;
  bool no_cache = false;    // without field names
  bool is_private = false;  // without field names
  bool is_public = false;
  bool must_revalidate = false;
  bool proxy_revalidate = false;
  bool must_understand = false;
  bool no_transform = false;
  std::optional<std::chrono::seconds> max_age;
  std::optional<std::chrono::seconds> s_maxage;
  std::optional<std::chrono::seconds> stale_while_revalidate;
  std::optional<std::chrono::seconds> stale_if_error;
  /// Fields that `no-cache` and `private` name: not to be stored.
  std::vector<std::string> unstored_fields;
};
ResponseDirectives parse_response_directives(const http::Fields& response);

/// delta-seconds of RFC 9111 section 1.2.2; no value if it is not a number.
std::optional<std::chrono::seconds> parse_seconds(std::string_view text);

}  // namespace meridian::edge
