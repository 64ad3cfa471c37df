#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "edge-node/http/fields.h"

namespace meridian::edge {

/// Which request fields a response was chosen by (RFC 9110 section 12.5.5). Pure.
struct Vary {
  /// No other request ever matches: "*", or a field in which edges tell origins of the visitor.
  bool any = false;
  std::vector<std::string> names;  // lower case, sorted, each once
};

Vary parse_vary(const http::Fields& response);

/// What `request` has under the names; equal for two requests: the same response serves both
/// (RFC 9111 section 4.1). White space around list members does not count; nor does, in
/// Accept-Language and Accept-Encoding, letter case or the order of members of one weight.
std::string selecting_values(const Vary& vary, const http::Fields& request);

enum class VariantMatch : std::uint8_t {
  none,
  by_language,  // nothing but Accept-Language differs, and the response is in the one language
                // that the request likes best
  exact,
};
/// Whether `request` selects `response`, which was fetched by a request that had `selected_by`.
/// What an origin has chosen for the very same preferences is better than what it would choose.
VariantMatch match_variant(const Vary& vary, std::string_view selected_by,
                           const http::Fields& response, const http::Fields& request);

}  // namespace meridian::edge
