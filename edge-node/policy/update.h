#pragma once

#include "edge-node/http/fields.h"

namespace meridian::edge {

/// The fields of a stored response after a 304, or a HEAD, has told newer ones: those replace what
/// is stored under the same names, but for the ones that describe the bytes that are stored, which
/// have not changed (RFC 9111 section 3.2). Pure.
http::Fields updated_fields(const http::Fields& stored, const http::Fields& newer);

}  // namespace meridian::edge
