#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "edge-node/http/fields.h"
#include "edge-node/http/message.h"

namespace meridian::edge {

/// The URI that a request is for (RFC 9110 section 7.1). Sees the bytes of that request.
struct TargetUri {
  std::string_view host;    // without port
  std::string_view target;  // path with its query
  bool https = true;
  std::uint16_t port = 443;  // that the visitor has named, or its scheme's
};
/// `authority`: what the visitor has named, perhaps with a port. Pure.
TargetUri target_uri(const http::RequestHead& request, std::string_view authority, bool https);

/// The paths with queries whose stored responses an answer to an unsafe request ends (RFC 9111
/// section 4.4): the request's own, and those that Location and Content-Location name of the same
/// origin: the same scheme, host and port. None for an error. Pure.
std::vector<std::string> invalidated_targets(std::string_view method, const TargetUri& uri,
                                             int status, const http::Fields& response);

/// An answer says, by its Content-Location, that it is what a GET of its own URI gives (RFC 9110
/// section 8.7). Pure.
bool is_of_target(const http::Fields& response, const TargetUri& uri);

}  // namespace meridian::edge
