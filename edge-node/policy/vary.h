#pragma once

#include <string>
#include <vector>

#include "edge-node/http/fields.h"

namespace meridian::edge {

/// Which request fields a response was chosen by (RFC 9110 section 12.5.5). Pure.
struct Vary {
  bool any = false;                // "*": no other request ever matches
  std::vector<std::string> names;  // lower case, sorted, each once
};

Vary parse_vary(const http::Fields& response);

/// What `request` has under the names; equal for two requests: the same response serves both
/// (RFC 9111 section 4.1). White space around list members does not count; nor does, in
/// Accept-Language and Accept-Encoding, letter case or the order of members of one weight.
std::string selecting_values(const Vary& vary, const http::Fields& request);

}  // namespace meridian::edge
