#pragma once

#include "edge-node/http/fields.h"

namespace meridian::edge {

/// The fields of a stored response after a 304, or a HEAD, has told newer ones: those replace what
/// is stored under the same names, but for the ones that describe the bytes that are stored, which
/// have not changed (RFC 9111 section 3.2). A newer cookie is no part of that: it is for the
/// visitor alone whose request has brought it. Pure.
http::Fields updated_fields(const http::Fields& stored, const http::Fields& newer);

/// A 304 with `newer` is about the response that is stored: it names no other entity tag nor, where
/// one of the two has none, another time of change (RFC 9111 section 4.3.4). Tags by weak
/// comparison, since servers that compress weaken the tag of what they send whole, and not that of
/// a 304. Pure.
bool confirms(const http::Fields& stored, const http::Fields& newer);

}  // namespace meridian::edge
