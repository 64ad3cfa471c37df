#pragma once

#include <string_view>

#include "common/base/time.h"
#include "edge-node/http/fields.h"

namespace meridian::http {

/// If-None-Match lists `etag`, by weak comparison (RFC 9110 sections 8.8.3.2 and 13.1.2).
bool etag_listed(std::string_view if_none_match, std::string_view etag);

/// What stands for the very bytes of a response: its entity tag; or, where it has none, its
/// Last-Modified if that is clearly older than the response (sections 8.8.2.2 and 8.8.3.2). Empty:
/// nothing does. Pure.
std::string_view strong_validator(const Fields& response, WallTime now);
/// Both have the same. Pure.
bool same_strong_validator(const Fields& a, const Fields& b, WallTime now);

/// A GET or HEAD with these fields is answered 304 from a stored response with those (section
/// 13.2.2): If-None-Match decides when it is there, If-Modified-Since otherwise. Pure.
bool is_not_modified(const Fields& request, const Fields& stored, WallTime now);

/// Nobody who sends a request with these fields waits for an answer like that: news about what is
/// stored, without a condition (304); bytes of a range that was not asked for (206; other units of
/// Content-Range are between those who use them); or another protocol (101). Pure.
bool is_unasked(const Fields& request, int status, const Fields& response);

/// Range is to be obeyed: there is no If-Range, or it names exactly what is stored, by strong
/// comparison (section 13.1.5). Pure.
bool range_applies(const Fields& request, const Fields& stored, WallTime now);

}  // namespace meridian::http
