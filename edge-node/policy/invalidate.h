#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "edge-node/http/fields.h"

namespace meridian::edge {

/// The paths with queries of `host` whose stored responses an answer to an unsafe request ends
/// (RFC 9111 section 4.4): the request's own `target`, and those that Location and Content-Location
/// name on the same host. None for an error. Pure.
std::vector<std::string> invalidated_targets(std::string_view method, std::string_view host,
                                             std::string_view target, int status,
                                             const http::Fields& response);

/// An answer says, by its Content-Location, that it is what a GET of its own `target` gives
/// (RFC 9110 section 8.7). Pure.
bool is_of_target(const http::Fields& response, std::string_view host, std::string_view target);

}  // namespace meridian::edge
